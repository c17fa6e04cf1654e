/** A whole answer of a sandbox provider, before anybody decides how much of it arrives. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
};

type Headers = Answer["headers"];

/** @returns an answer with the value as its JSON body, `Content-Type: application/json`. */
export function jsonAnswer(status: number, value: unknown, headers: Headers = {}): Answer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** @returns an answer with an HTML body, UTF-8. */
export function htmlAnswer(status: number, html: string, headers: Headers = {}): Answer {
  return { status, headers: { "content-type": "text/html; charset=utf-8", ...headers }, body: html };
}

/** @returns a redirect without a body. */
export function redirectAnswer(status: 302 | 307, location: string): Answer {
  return { status, headers: { location }, body: "" };
}
