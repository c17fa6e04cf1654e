import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Exchange } from "./recording-proxy.ts";

const secretMembers = [
  "access_token",
  "refresh_token",
  "client_secret",
  "code",
  "code_verifier",
  "state",
  "ticket",
  "token",
];

/** Every secret in an exchange, as `[kind, value]`. */
export function secretsIn(exchange: Exchange): readonly (readonly [string, string])[] {
  const { path, requestHeaders, requestBody, headers, body } = exchange;
  const members = [requestBody, body].flatMap((text) => [
    ...Object.entries(readObject(text)),
    ...(/^[\w.-]+=/.test(text) ? new URLSearchParams(text) : []),
  ]);
  const urls = [path, headers.get("location"), readObject(body)["authorization_url"]];
  const parameters = urls.flatMap((url) => [...new URLSearchParams(String(url ?? "").split("?")[1] ?? "")]);
  const cookies = [requestHeaders.get("cookie"), ...headers.getSetCookie()].map((line) => {
    return ["cookie", /\b(?:chaveiro|access-token|refresh-token)=([^;\s]+)/.exec(line ?? "")?.[1]] as const;
  });
  const bearer = ["access_token", requestHeaders.get("authorization")?.replace(/^Bearer /, "")] as const;
  const named = [...members, ...parameters].filter(([name]) => secretMembers.includes(name));
  return [...cookies, ...named, bearer].flatMap(([kind, value]) => (isSecret(value) ? [[kind, value] as const] : []));
}

/** Long enough to be one, and no word of ours: problem documents have a `code`, too. */
function isSecret(value: unknown): value is string {
  return typeof value === "string" && value.length >= 20 && !/^[a-z_]+$/.test(value);
}

/** A JSON object, or an empty one where the text is none. */
export function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

export type Canaries = ReadonlyMap<string, string>;

/** Finds twelve characters of a canary in a row: as they are, or as base64, hex or percent-encoding shows them. */
export function canaryScanner(canaries: Canaries): (text: string) => ReadonlySet<string> {
  const fragments = new Map<number, Map<string, string>>();
  const add = (kind: string, text: string, length: number) => {
    const known = fragments.get(length) ?? new Map<string, string>();
    fragments.set(length, known);
    for (let start = 0; start + length <= text.length; start++) known.set(text.slice(start, start + length), kind);
  };
  for (const [value, kind] of canaries) {
    add(kind, value, 12);
    add(`${kind} in hex`, Buffer.from(value).toString("hex"), 24);
    add(`${kind}, percent-encoded`, [...value].map((byte) => `%${byte.charCodeAt(0).toString(16)}`).join(""), 36);
    for (const shift of [0, 1, 2]) {
      const encoded = Buffer.from("#".repeat(shift) + value)
        .toString("base64")
        .slice(shift === 0 ? 0 : 4, -4);
      for (const variant of [encoded, encoded.replaceAll("+", "-").replaceAll("/", "_")]) {
        add(`${kind} in base64`, variant, 16);
      }
    }
  }
  return (text) => {
    const found = new Set<string>();
    for (const [length, known] of fragments) {
      for (let start = 0; start + length <= text.length; start++) {
        const kind = known.get(text.slice(start, start + length));
        if (kind !== undefined) found.add(kind);
      }
    }
    return found;
  };
}

/** What is found in the files below a directory, as `file: kind`. */
export function scanFiles(directory: string, scan: (text: string) => ReadonlySet<string>): readonly string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap((file) =>
    [...scan(readFileSync(join(file.parentPath, file.name), "latin1"))].map((kind) => `${file.name}: ${kind}`),
  );
}
