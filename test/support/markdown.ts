export type Link = {
  readonly target: string;
  /** What stands for a picture where it cannot be seen; undefined where the link is none of a picture. */
  readonly alternative?: string;
};

export type Heading = {
  readonly level: number;
  /** What a link behind `#` names it, as GitHub has it. */
  readonly anchor: string;
};

/** Every link and picture of a page, in their order. What is shown as code links nowhere. */
export function linksOf(markdown: string): readonly Link[] {
  const pattern = /(!?)\[([^\]]*)\]\(([^()\s]+)\)|<img [^>]*>/g;
  return [...prose(markdown).matchAll(pattern)].map(([whole, mark, text = "", target = ""]) => {
    if (!whole.startsWith("<img")) return mark === "!" ? { target, alternative: text } : { target };
    const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(whole)?.[1] ?? "";
    return { target: attribute("src"), alternative: attribute("alt") };
  });
}

/** The headings of a page, in their order. */
export function headingsOf(markdown: string): readonly Heading[] {
  const seen = new Map<string, number>();
  return [...withoutBlocks(markdown).matchAll(/^(#{1,6}) (.+)$/gm)].map(([, marks = "", title = ""]) => {
    const text = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
    const anchor = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return { level: marks.length, anchor: before === 0 ? anchor : `${anchor}-${before}` };
  });
}

/** What is between two headings: as many parts as there are headings, after what stands in front of the first. */
export function partsOf(markdown: string): readonly string[] {
  return withoutBlocks(markdown).split(/^#{1,6} .+$/m);
}

function withoutBlocks(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, "");
}

function prose(markdown: string): string {
  return withoutBlocks(markdown).replace(/`[^`\n]*`/g, "");
}
