import { domainToASCII, domainToUnicode } from "node:url";

export type OriginRules = {
  /** Besides 443. */
  readonly allowedPorts?: readonly number[];
  /** Also `http://127.0.0.1:8790/itflex`: whatever the port, and a path. For one machine of one's own, never where strangers ask. */
  readonly allowLoopback?: boolean;
};

export type OriginRefusal =
  | "too_long"
  | "characters"
  | "malformed"
  | "not_https"
  | "credentials"
  | "path"
  | "query"
  | "fragment"
  | "port"
  | "ip_address"
  | "host"
  | "not_public";

export type ReadOrigin =
  | { readonly ok: true; readonly origin: string }
  | { readonly ok: false; readonly code: OriginRefusal; readonly message: string };

const longestText = 512;
const longestHost = 253;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const topLevel = /^(?:[a-z]{2,}|xn--[a-z0-9-]+)$/;
const portNumber = /^[1-9]\d{0,4}$/;
const urlParts =
  /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#]*)(?<path>[^?#]*)(?<query>\?[^#]*)?(?<fragment>#.*)?$/i;
/** No dots at a segment's start: nothing that a URL parser would resolve. */
const plainPath = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;

/** RFC 6761, RFC 6762 §3 and appendix G, RFC 7686, RFC 9476, and what ICANN reserved in 2024. `home.arpa` is in `arpa`. */
const namesOfOwnNetworks = new Set(
  "localhost localdomain local internal intranet private corp home lan arpa onion alt".split(" "),
);

/** Where this machine answers to each of the names it has for itself; they are never looked up. */
export const loopbackAddresses: ReadonlyMap<string, string> = new Map([
  ["127.0.0.1", "127.0.0.1"],
  ["localhost", "127.0.0.1"],
  ["[::1]", "::1"],
]);

const messages: Readonly<Record<OriginRefusal, string>> = {
  too_long: "The origin is too long for a host name. Give the scheme and the host, such as https://acme.example.com.",
  characters:
    "The origin has spaces, control characters, backslashes or percent signs in it. Write the host name plainly.",
  malformed: "The origin is not a URL. Give the scheme and the host, such as https://acme.example.com.",
  not_https: "The origin has to begin with https://.",
  credentials: "The origin has a user name or password in it. Leave out everything up to the @.",
  path: "The origin has a path. Leave out everything after the host.",
  query: "The origin has a query. Leave out everything after the host.",
  fragment: "The origin has a fragment. Leave out everything after the host.",
  port: "The origin's port is not one that is allowed here. Leave it out where the host answers on 443.",
  ip_address: "The origin is an IP address. Give the host's name, as in its certificate.",
  host: "The origin's host is not a host name. Write it as in its certificate, without a dot at the end.",
  not_public: "The origin's host is a name of a private network. Give the name that it has on the internet.",
};

/**
 * Reads what a stranger gives as the origin of a host: `https://`, a public DNS name, and nothing more.
 *
 * Stricter than the URL parser on purpose, which makes `https://127.0.0.1` of `https:\\0x7f.1`. One way of writing is
 * one origin: what is returned is in lower case, in punycode, and without port 443 or a slash at the end. That the name
 * leads to a public address is for `customerFetch` to see, each time.
 *
 * @returns the canonical origin, or why it is refused: `message` is for the person who gave it, says what to do, and
 * quotes nothing of what was given
 *
 * @see https://www.rfc-editor.org/rfc/rfc6454#section-4
 * @see https://www.iana.org/assignments/special-use-domain-names
 */
export function readCustomerOrigin(text: string, rules: OriginRules = {}): ReadOrigin {
  if (text.length > longestText) return refuse("too_long");
  if (/[\p{C}\p{Z}\\%]/u.test(text)) return refuse("characters");
  const { scheme = "", authority = "", path = "", query, fragment } = urlParts.exec(text)?.groups ?? {};
  if (authority === "") return refuse("malformed");
  if (authority.includes("@")) return refuse("credentials");
  if (query !== undefined) return refuse("query");
  if (fragment !== undefined) return refuse("fragment");

  const { host = "", port } = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>.*))?$/.exec(lowerCase(authority))?.groups ?? {};
  if (port !== undefined && !(portNumber.test(port) && Number(port) <= 65_535)) return refuse("port");
  if (rules.allowLoopback === true && scheme.toLowerCase() === "http" && loopbackAddresses.has(host)) {
    const base = path.replace(/\/$/, "");
    if (!plainPath.test(base)) return refuse("path");
    return { ok: true, origin: `http://${host}${port === undefined || port === "80" ? "" : `:${port}`}${base}` };
  }

  if (scheme.toLowerCase() !== "https") return refuse("not_https");
  if (path !== "" && path !== "/") return refuse("path");
  const name = readHost(host);
  if (!name.ok) return refuse(name.code);
  if (port === undefined || port === "443") return { ok: true, origin: `https://${name.host}` };
  if (!rules.allowedPorts?.includes(Number(port))) return refuse("port");
  return { ok: true, origin: `https://${name.host}:${port}` };
}

function readHost(
  given: string,
): { readonly ok: true; readonly host: string } | { readonly ok: false; readonly code: OriginRefusal } {
  if (given.startsWith("[") || looksNumeric(given)) return { ok: false, code: "ip_address" };
  const host = domainToASCII(given);
  const shown = domainToUnicode(host);
  // Punycode of nothing: Node 20 finds no host in it, and Node 24 leaves it as it is.
  if (/(?:^|\.)xn--/.test(shown)) return { ok: false, code: "host" };
  // What the mapping of UTS 46 changes (other digits, other dots, characters that are not seen) was written to deceive.
  const isMapped = given !== host && given.normalize("NFC") !== shown;
  if (host === "" || isMapped) return { ok: false, code: "host" };
  if (host.length > longestHost) return { ok: false, code: "too_long" };
  const labels = host.split(".");
  const last = labels.at(-1) ?? "";
  if (!labels.every((each) => label.test(each))) return { ok: false, code: "host" };
  if (labels.length === 1 || namesOfOwnNetworks.has(last)) return { ok: false, code: "not_public" };
  if (!topLevel.test(last)) return { ok: false, code: "host" };
  return { ok: true, host };
}

/** All but the two letters beyond ASCII (the Kelvin sign, a dotted I) that ASCII's own would come of: those are no k and i. */
function lowerCase(text: string): string {
  return text.replace(/[^\u0130\u212a]+/g, (letters) => letters.toLowerCase());
}

/** By the rule with which URL parsers take `127.1`, `0x7f.1` and `2130706433` for addresses. */
function looksNumeric(host: string): boolean {
  const last = host.replace(/\.$/, "").split(".").at(-1) ?? "";
  return /^(?:\d+|0x[0-9a-f]*)$/.test(last);
}

function refuse(code: OriginRefusal): ReadOrigin {
  return { ok: false, code, message: messages[code] };
}
