import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BrokerError, type ErrorCode } from "../../../../shared/broker/error.ts";
import { errorPage, renderPage } from "../../../../shared/runtime/pages/page.ts";
import { type PageKey, pageSigns, texts } from "../../../../shared/runtime/pages/texts.ts";

const keys = Object.keys(pageSigns) as PageKey[];
const reference = "0123456789abcdef0123456789abcdef";
const done = {
  status: 200,
  key: "authorized",
  provider: "RD Station",
  connection: "rd-station/acme",
  reference,
} as const;

describe("a page", () => {
  const hostile = `<script>alert("1")</script>&'$&$1{provider}`;

  it("escapes what it is filled with", () => {
    const { body = "" } = renderPage(
      {
        ...done,
        provider: `<i>RD</i>$&`,
        label: hostile,
        reference: "<b>&\"'<i>",
        proceedTo: 'https://app.example/?a="><script>1</script>&b',
      },
      "en",
    );
    expect(body).not.toMatch(/<script|<b>|<i>/);
    expect(body).toContain("<bdi>&#60;script&#62;");
    expect(body).not.toContain('href="https://app.example/?a="');
    // Text that looks like a replacement pattern, or like a placeholder, stays what it is.
    expect(body).toContain("&#39;$&#38;$1{provider}</bdi></dd>");
    expect(body).toContain("<bdi>&#60;i&#62;RD&#60;/i&#62;$&#38;</bdi>");
  });

  it.each(keys)("%s fills all placeholders in both languages", (key) => {
    for (const language of ["pt", "en"]) {
      const { body = "" } = renderPage({ ...done, key }, language);
      expect(body).not.toMatch(/\{\w+\}|undefined|null/);
      expect(body).toMatch(/^<!doctype html>\n<html lang="(pt-BR|en)">/);
    }
  });

  it.each(keys)("%s has a text of its own in each language", (key) => {
    const { pt, en } = texts;
    for (const part of ["title", "text", "next"] as const) expect(pt.pages[key][part]).not.toBe(en.pages[key][part]);
    expect(pt.pages[key].title.includes("{provider}")).toBe(en.pages[key].title.includes("{provider}"));
    expect(pt.pages[key].text.includes("{provider}")).toBe(en.pages[key].text.includes("{provider}"));
  });

  it("has no word of ours for people who never read our documentation", () => {
    const ours =
      /\b(token|ticket|tíquete|state|callback|OAuth|API|HTTP|URL|redirect\w*|refresh|broker|grant|credencia\w*|credential\w*|chaveiro)\b/i;
    for (const { pages, frame } of Object.values(texts)) {
      expect(JSON.stringify([Object.values(pages), Object.values(frame)])).not.toMatch(ours);
    }
  });

  it.each(["install", "install_declined"] as const)("%s speaks of no link: none has led there", (key) => {
    for (const { pages } of Object.values(texts)) expect(JSON.stringify(pages[key])).not.toContain("link");
  });

  it("says whose app store an installation began in", () => {
    const shown = (language: string) =>
      renderPage({ status: 400, key: "install", provider: "RD Station CRM", reference }, language).body;
    expect(shown("pt")).toContain("pela loja de aplicativos do RD Station CRM");
    expect(shown("en")).toContain("in the app store of RD Station CRM");
  });

  it("names the account as its provider and as its caller do, as far as that is known", () => {
    const rows = (page: Parameters<typeof renderPage>[0]) =>
      [...(renderPage(page, "en").body ?? "").matchAll(/<bdi>(.*?)<\/bdi>/g)].map(([, text]) => text);
    expect(rows({ ...done, label: "Acme Ltda" })).toEqual(["RD Station", "Acme Ltda", "acme"]);
    expect(rows({ ...done, label: null })).toEqual(["RD Station", "acme"]);
    expect(rows(done)).toEqual(["RD Station", "acme"]);
    expect(rows({ status: 404, key: "ticket_unknown", provider: "RD Station", reference })).toEqual(["RD Station"]);
    expect(renderPage({ status: 500, key: "internal_error", reference }, "en").body).not.toContain("<dl>");
  });

  it("shows the beginning of its reference", () => {
    expect(renderPage(done, "en").body).toContain("Reference: <code>01234567</code>");
  });

  it.each([
    [undefined, "pt-BR"],
    ["en", "en"],
  ] as const)("says its language, asked with %j", (asked, language) => {
    const answer = renderPage({ ...done, key: "declined" }, asked);
    expect(answer.headers).toMatchObject({ "content-language": language, vary: "accept-language" });
    expect(answer.body).toContain(`<html lang="${language}">`);
  });

  it("may use its own style and nothing else", () => {
    const answer = renderPage(done, undefined);
    const policy = String(answer.headers?.["content-security-policy"]);
    const style = /<style>(.*?)<\/style>/s.exec(answer.body ?? "")?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(policy.split("; ").sort()).toEqual([
      "base-uri 'none'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      `style-src 'sha256-${hash}'`,
    ]);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(answer.body).toContain('<meta name="robots" content="noindex">');
  });

  it("leads on, and tells the page that it leads to nothing of itself", () => {
    const link = '<a class="go" href="https://app.example/contas" rel="noreferrer">';
    const proceedTo = "https://app.example/contas";
    expect(renderPage({ ...done, proceedTo }, "en").body).toContain(`${link}Continue</a>`);
    expect(renderPage({ ...done, key: "under_way", proceedTo }, "en").body).toContain(`${link}See the result</a>`);
    expect(renderPage(done, "en").body).not.toContain("<a ");
  });

  it.each(keys)("%s waits for its reader: it never loads itself again", (key) => {
    const { body, headers } = renderPage({ ...done, key }, "en");
    expect(body).not.toContain("http-equiv");
    expect(headers).not.toHaveProperty("refresh");
  });
});

describe("the page for an error", () => {
  it.each([
    ["provider_unknown", 404, "provider_unknown"],
    ["invalid_request", 400, "malformed"],
    ["internal_error", 500, "internal_error"],
    ["client_credentials_rejected", 502, "not_ready"],
    ["refresh_in_progress", 503, "busy"],
    ["provider_unavailable", 503, "internal_error"],
  ] as const)("%s has its status and says nothing of its detail", (code: ErrorCode, status, key) => {
    const shown = errorPage(new BrokerError(code, "detail-for-programs", { retryAfterSeconds: 2 }));
    expect(shown).toEqual({ status, key, retryAfterSeconds: 2 });
    expect(renderPage({ ...shown, reference }, "en").headers).toMatchObject({ "retry-after": "2" });
  });
});
