export type Language = "pt" | "en";

/** The language tag of each language's pages. @see https://www.rfc-editor.org/rfc/rfc5646 */
export const languageTags = { pt: "pt-BR", en: "en" } as const satisfies Record<Language, string>;

/**
 * Portuguese for whoever likes it at least as much as English, of any country, and for whoever does not say; English for
 * all others: who reads neither is more likely to have learned it.
 *
 * @param acceptLanguage the header as received
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
 */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  const wanted = (acceptLanguage ?? "").toLowerCase().split(",").map(readRange);
  const weightOf = (language: Language) =>
    Math.max(0, ...wanted.map(({ primary, weight }) => (primary === language ? weight : 0)));
  const [portuguese, english] = [weightOf("pt"), weightOf("en")];
  if (portuguese !== english) return english > portuguese ? "en" : "pt";
  return portuguese === 0 && wanted.some(({ primary, weight }) => primary !== undefined && weight > 0) ? "en" : "pt";
}

/** `primary` is undefined for what names no language, such as `*`. */
function readRange(range: string): { readonly primary: string | undefined; readonly weight: number } {
  const primary = /^\s*([a-z]{2,3})(?![a-z\d])/.exec(range)?.[1];
  const weight = Number(/;\s*q\s*=\s*([\d.]+)/.exec(range)?.[1] ?? (range.includes(";") ? 0 : 1));
  return { primary, weight: Number.isFinite(weight) ? weight : 0 };
}
