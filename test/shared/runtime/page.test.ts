import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BrokerError, type ErrorCode } from "../../../shared/broker/error.ts";
import { errorPage, page, preferredLanguage } from "../../../shared/runtime/page.ts";
import { type PageKey, pageTexts } from "../../../shared/runtime/page-texts.ts";

const keys = Object.keys(pageTexts) as PageKey[];
const english = { "accept-language": "en" };

describe("the language of a page", () => {
  it.each([
    [undefined, "pt"],
    ["", "pt"],
    ["pt", "pt"],
    ["pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", "pt"],
    ["en", "en"],
    ["EN-GB", "en"],
    ["en-US,en;q=0.9,pt;q=0.8", "en"],
    ["en-US,en;q=0.9,pt-BR;q=0.8,pt;q=0.7", "en"],
    ["pt;q=0.5, en;q=0.6", "en"],
    ["pt;q=0.6, en;q=0.6", "pt"],
    ["en;q=0", "pt"],
    ["de,fr;q=0.9", "pt"],
    ["de,en;q=0.1", "en"],
    ["*", "pt"],
    ["en;q=banana", "pt"],
    ["en ; q=0.9 , pt ; q=0.3", "en"],
    ["english", "pt"],
    [";;;,,,=", "pt"],
    ["e".repeat(10_000), "pt"],
  ] as const)("of %j is %s", (header, language) => {
    expect(preferredLanguage(header)).toBe(language);
  });
});

describe("a page", () => {
  const hostile = `<script>alert("1")</script>&'$&$1`;

  it("escapes what it is filled with", () => {
    const answer = page(
      {
        status: 200,
        key: "authorized",
        account: hostile,
        provider: hostile,
        reference: "<b>&\"'<i>",
        proceedTo: 'https://app.example/?a="><script>1</script>&b',
      },
      english,
    );
    const body = answer.body ?? "";
    expect(body).not.toMatch(/<script|<b>|<i>/);
    expect(body).toContain("&#60;script&#62;");
    expect(body).not.toContain('href="https://app.example/?a="');
    // Text that looks like a replacement pattern stays what it is.
    expect(body).toContain("&#39;$&#38;$1</strong>");
  });

  it.each(keys)("%s fills all placeholders in both languages", (key) => {
    for (const headers of [{}, english]) {
      const { body = "" } = page({ status: 200, key, account: "acme", provider: "RD Station" }, headers);
      expect(body).not.toMatch(/\{\w+\}|undefined|null/);
      expect(body).toMatch(/^<!doctype html>\n<html lang="(pt-BR|en)">/);
    }
  });

  it.each(keys)("%s has a text of its own in each language", (key) => {
    const { pt, en } = pageTexts[key];
    expect(pt.title).not.toBe(en.title);
    expect(pt.text).not.toBe(en.text);
  });

  it.each([
    [{}, "pt-BR"],
    [english, "en"],
  ] as const)("says its language, asked with %j", (headers, language) => {
    const answer = page({ status: 200, key: "declined" }, headers);
    expect(answer.headers).toMatchObject({ "content-language": language, vary: "accept-language" });
    expect(answer.body).toContain(`<html lang="${language}">`);
  });

  it("may use its own style and nothing else", () => {
    const answer = page({ status: 200, key: "declined" }, {});
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
    });
  });

  it("reloads only where it was asked to", () => {
    expect(page({ status: 200, key: "under_way", reloadAfter: 2 }, {}).body).toContain('http-equiv="refresh"');
    expect(page({ status: 200, key: "authorized" }, {}).body).not.toContain("http-equiv");
  });
});

describe("the page for an error", () => {
  it.each([
    ["provider_unknown", 404, "Page not found"],
    ["invalid_request", 400, "Incomplete address"],
    ["internal_error", 500, "Something went wrong on our side"],
    ["client_credentials_rejected", 502, "Something went wrong on our side"],
    ["refresh_in_progress", 503, "Something went wrong on our side"],
  ] as const)("%s has its status and a title", (code: ErrorCode, status, title) => {
    const answer = errorPage(new BrokerError(code, "detail-for-programs"), english);
    expect(answer.statusCode).toBe(status);
    expect(answer.body).toContain(`<h1>${title}</h1>`);
    expect(answer.body).not.toContain("detail-for-programs");
  });
});
