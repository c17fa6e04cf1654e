const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Texts of all elements of that name, which have no attributes and none of the same name in them. */
export function elementTexts(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, "g"))].map(([, text = ""]) => text);
}

/** The text of the first element of that name; undefined where there is none. */
export function elementText(xml: string, name: string): string | undefined {
  return elementTexts(xml, name)[0]?.replace(/&(lt|gt|amp|quot|apos);/g, (_, entity: string) => entities[entity] ?? "");
}
