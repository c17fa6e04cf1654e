import { createHash } from "node:crypto";
import { type ConnectionId, splitConnectionId } from "../../broker/connection-id.ts";
import { type BrokerError, type ErrorCode, httpStatus } from "../../broker/error.ts";
import type { HttpAnswer } from "../http-answer.ts";
import { languageTags, preferredLanguage } from "./language.ts";
import { drawing, style } from "./look.ts";
import { type LanguageTexts, type PageKey, pageSigns, texts } from "./texts.ts";

/** What a browser is shown. How it reads and looks is for `renderPage` to know. */
export type Page = {
  readonly status: number;
  readonly key: PageKey;
  /** What a person calls the provider. */
  readonly provider?: string;
  /** Shown, and logged. Left out where this browser may not know it. */
  readonly connection?: ConnectionId;
  /** What the provider calls the account: a stranger's text. */
  readonly label?: string | null;
  /** Of the authorization that the page is about. Other pages are about the request that they answer. */
  readonly reference?: string;
  /** Where a person goes on. */
  readonly proceedTo?: string;
  /** Seconds after which asking again makes sense, for the header. */
  readonly retryAfterSeconds?: number | undefined;
};

const styleHash = createHash("sha256").update(style).digest("base64");

/** No page of ours loads, runs, frames or submits anything, and none tells the next one where its reader came from. */
const headers = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  vary: "accept-language",
} as const;

/** Short enough to be read out on the telephone, long enough to find a line of a log. */
const shownReference = 8;

/**
 * Renders a page in the language that the browser prefers.
 *
 * @param page.reference as the log has it; its beginning is shown
 */
export function renderPage(
  page: Page & { readonly reference: string },
  acceptLanguage: string | undefined,
): HttpAnswer {
  const language = preferredLanguage(acceptLanguage);
  const { frame, pages } = texts[language];
  const { title, text, next } = pages[page.key];
  const sign = pageSigns[page.key];
  const body = [
    `<p class="sign ${sign}">${drawing(sign)}${frame.signs[sign]}</p>`,
    `<h1>${fill(title, page)}</h1>`,
    `<p>${fill(text, page)}</p>`,
    facts(page, frame),
    `<section><h2>${frame.next}</h2><p>${fill(next, page)}</p></section>`,
    page.proceedTo &&
      `<a class="go" href="${escapeHtml(page.proceedTo)}" rel="noreferrer">${page.key === "under_way" ? frame.lookAgain : frame.proceed}</a>`,
  ];
  const reference = escapeHtml(page.reference.slice(0, shownReference));
  return {
    statusCode: page.status,
    headers: {
      ...headers,
      "content-language": languageTags[language],
      ...(page.retryAfterSeconds === undefined ? {} : { "retry-after": String(page.retryAfterSeconds) }),
    },
    body: `<!doctype html>
<html lang="${languageTags[language]}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>${fill(title, page)}</title><style>${style}</style></head>
<body><main><article>
${body.filter(Boolean).join("\n")}
</article>
<footer><p>${frame.reference}: <code>${reference}</code></p><p>${frame.referenceUse}</p></footer></main></body>
</html>
`,
  };
}

/** The page for an error that a browser's route threw. */
export function errorPage(error: BrokerError): Page {
  return {
    status: httpStatus(error.code),
    key: errorPages[error.code] ?? "internal_error",
    retryAfterSeconds: error.retryAfterSeconds,
  };
}

/** What is not an error of ours to the person who reads it. A browser's routes throw no other codes but `internal_error`. */
const errorPages: Partial<Record<ErrorCode, PageKey>> = {
  provider_unknown: "provider_unknown",
  invalid_request: "malformed",
  refresh_in_progress: "busy",
  client_credentials_rejected: "not_ready",
};

/** Which account at which provider the page is about, as far as that is known, and its reader's to know. */
function facts({ connection, label, provider }: Page, frame: LanguageTexts["frame"]): string {
  const rows = [
    [frame.provider, provider],
    [frame.label, label],
    [frame.account, connection && splitConnectionId(connection).account],
  ] as const;
  const known = rows.map(([name, value]) => (value ? `<dt>${name}</dt><dd>${isolated(value)}</dd>` : "")).join("");
  return known && `<dl>${known}</dl>`;
}

function fill(template: string, { provider }: Page): string {
  return escapeHtml(template).replaceAll("{provider}", () => escapeHtml(provider ?? ""));
}

/** Set apart, so that what is written from right to left does not turn what stands around it. */
function isolated(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
