/** Control characters, C1 included, and what turns the direction of text around. */
const controls = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text that a stranger may have written, such as an account's label, without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(controls, "\u{fffd}");
}

/** A JSON document in one line. What a terminal would obey is escaped; to a program nothing has changed. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    controls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
