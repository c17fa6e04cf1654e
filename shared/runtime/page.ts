import { createHash } from "node:crypto";
import type { BrokerError } from "../broker/error.ts";
import { httpStatus } from "../broker/error.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { frameTexts, type Language, type PageKey, pageTexts } from "./page-texts.ts";

export type Page = {
  readonly status: number;
  readonly key: PageKey;
  readonly account?: string;
  readonly provider?: string;
  /** Finds the authorization in the log. */
  readonly reference?: string;
  /** Where a person goes on. */
  readonly proceedTo?: string;
  /** Seconds after which asking again makes sense, for the header. */
  readonly retryAfterSeconds?: number | undefined;
  /** Seconds after which the page asks again. */
  readonly reloadAfter?: number;
};

const style = `:root{color-scheme:light dark}body{font:1.125rem/1.6 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem}h1{font-size:1.6rem;line-height:1.25}small{opacity:.75}`;

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

/** Renders a page in the language that the browser prefers. */
export function page(content: Page, requestHeaders: Readonly<Record<string, string | undefined>>): HttpAnswer {
  const language = preferredLanguage(requestHeaders["accept-language"]);
  const { title, text } = pageTexts[content.key][language];
  const frame = frameTexts[language];
  const fill = (template: string) =>
    escapeHtml(template)
      .replaceAll("{account}", () => `<strong>${escapeHtml(content.account ?? "")}</strong>`)
      .replaceAll("{provider}", () => escapeHtml(content.provider ?? ""));
  const extras = [
    content.proceedTo && `<p><a href="${escapeHtml(content.proceedTo)}" rel="noreferrer">${frame.proceed}</a></p>`,
    content.reference && `<p><small>${frame.reference}: ${escapeHtml(content.reference.slice(0, 8))}</small></p>`,
  ];
  const reload =
    content.reloadAfter === undefined ? "" : `<meta http-equiv="refresh" content="${content.reloadAfter}">`;
  return {
    statusCode: content.status,
    headers: {
      ...headers,
      "content-language": language === "pt" ? "pt-BR" : "en",
      ...(content.retryAfterSeconds === undefined ? {} : { "retry-after": String(content.retryAfterSeconds) }),
    },
    body: `<!doctype html>
<html lang="${language === "pt" ? "pt-BR" : "en"}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">${reload}<title>${fillTitle(title, content)}</title><style>${style}</style></head>
<body><main><h1>${fillTitle(title, content)}</h1><p>${fill(text)}</p>${extras.filter(Boolean).join("")}</main></body>
</html>
`,
  };
}

function fillTitle(title: string, content: Page): string {
  return escapeHtml(title.replaceAll("{provider}", () => content.provider ?? ""));
}

/** The page for an error that a browser's route threw. */
export function errorPage(
  error: BrokerError,
  requestHeaders: Readonly<Record<string, string | undefined>>,
): HttpAnswer {
  const key =
    error.code === "provider_unknown"
      ? "provider_unknown"
      : error.code === "invalid_request"
        ? "malformed"
        : "internal_error";
  return page({ status: httpStatus(error.code), key, retryAfterSeconds: error.retryAfterSeconds }, requestHeaders);
}

/** Portuguese unless the browser likes English better. @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4 */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  const ranges = (acceptLanguage ?? "").toLowerCase().split(",");
  const weightOf = (language: Language) =>
    Math.max(0, ...ranges.map((range) => (new RegExp(`^\\s*${language}\\b`).test(range) ? weight(range) : 0)));
  return weightOf("en") > weightOf("pt") ? "en" : "pt";
}

function weight(range: string): number {
  const value = Number(/;\s*q\s*=\s*([\d.]+)/.exec(range)?.[1] ?? (range.includes(";") ? 0 : 1));
  return Number.isFinite(value) ? value : 0;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
