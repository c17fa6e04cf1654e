const maximumMilliseconds = 60 * 60 * 1000;

/** The three formats of an HTTP date, RFC 9110 §5.6.7. Checked first, because `Date.parse` makes a date of almost anything. */
const httpDate =
  /^(?:\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT|\w{6,9}, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT|\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

/**
 * How long a server asks to be left alone.
 *
 * @param headers lower-case names
 * @param names the headers to look at; the first that can be understood decides
 * @param now epoch milliseconds, for values that are dates. They are counted from the answer's own `Date` where it has one:
 * a server whose clock is wrong is wrong in both.
 * @returns milliseconds, at most one hour: a longer pause would be an outage that one wrong header can cause, and the
 * server can repeat itself. Undefined where none of the headers can be understood; a date in the past counts as such.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function readRetryAfter(
  headers: Readonly<Record<string, string>>,
  now: number,
  names: readonly string[] = ["retry-after"],
): number | undefined {
  const date = readHttpDate(headers["date"] ?? "");
  const answeredAt = Number.isNaN(date) ? now : date;
  for (const name of names) {
    const value = headers[name]?.trim() ?? "";
    const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : readHttpDate(value) - answeredAt;
    if (milliseconds >= 0) return capPause(milliseconds);
  }
  return undefined;
}

/** Limits a pause that a server asked for, in milliseconds, to the hour that `readRetryAfter` describes. */
export function capPause(milliseconds: number): number {
  return Math.min(milliseconds, maximumMilliseconds);
}

function readHttpDate(value: string): number {
  if (!httpDate.test(value)) return Number.NaN;
  return Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
}
