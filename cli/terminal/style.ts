const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

export type StyleName = keyof typeof codes;

/** Dresses a text up, or leaves it as it is. */
export type Style = (name: StyleName, text: string) => string;

/**
 * Colours on a terminal that knows them, unless `NO_COLOR` says otherwise.
 *
 * @see https://no-color.org
 */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const isWanted = isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return isWanted ? (name, text) => `\x1b[${codes[name]}m${text}\x1b[0m` : (_name, text) => text;
}
