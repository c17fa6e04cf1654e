import { describe, expect, it } from "vitest";
import { type OriginRules, readCustomerOrigin } from "../../../../shared/runtime/customer-origin/customer-origin.ts";

const codeOf = (text: string, rules?: OriginRules) => {
  const read = readCustomerOrigin(text, rules);
  return read.ok ? `taken as ${read.origin}` : read.code;
};

describe("an origin that a customer may give", () => {
  it.each([
    ["https://acme.example.com", "https://acme.example.com"],
    ["https://acme.example.com/", "https://acme.example.com"],
    ["https://acme.example.com:443", "https://acme.example.com"],
    ["HTTPS://ACME.Example.COM", "https://acme.example.com"],
    ["https://itflex.com.br", "https://itflex.com.br"],
    ["https://r3---sn-a.example.com", "https://r3---sn-a.example.com"],
    ["https://1.2.3.example.com", "https://1.2.3.example.com"],
    ["https://padaria-são-joão.com.br", "https://xn--padaria-so-joo-yhbe.com.br"],
    ["https://PADARIA-SÃO-JOÃO.com.br", "https://xn--padaria-so-joo-yhbe.com.br"],
    ["https://padaria-sa\u0303o-joa\u0303o.com.br", "https://xn--padaria-so-joo-yhbe.com.br"],
    ["https://xn--padaria-so-joo-yhbe.com.br", "https://xn--padaria-so-joo-yhbe.com.br"],
    [`https://${"a".repeat(63)}.example.com`, `https://${"a".repeat(63)}.example.com`],
    ["https://localhost.example.com", "https://localhost.example.com"],
    ["https://169.254.169.254.nip.io", "https://169.254.169.254.nip.io"],
  ])("%s is %s", (text, origin) => {
    expect(readCustomerOrigin(text)).toEqual({ ok: true, origin });
    expect(readCustomerOrigin(origin)).toEqual({ ok: true, origin });
  });

  it("is not taken for another, of which it only reminds: no letter beyond ASCII becomes one of ASCII", () => {
    const letters = Array.from({ length: 0x1_0000 - 0x80 }, (_, index) => String.fromCharCode(index + 0x80));
    const taken = letters.filter((letter) =>
      /^taken as https:\/\/(?!xn--)/.test(codeOf(`https://${letter}cme.example.com`)),
    );
    expect(taken).toEqual([]);
    expect(codeOf("https://\u212aacme.example.com")).toBe("host");
  });

  it("may have a port that is on the list, and no other", () => {
    const rules = { allowedPorts: [8443, 10443] };
    expect(codeOf("https://acme.example.com:8443", rules)).toBe("taken as https://acme.example.com:8443");
    expect(codeOf("https://acme.example.com", rules)).toBe("taken as https://acme.example.com");
    expect(codeOf("https://acme.example.com:8444", rules)).toBe("port");
    expect(codeOf("https://acme.example.com:08443", rules)).toBe("port");
  });
});

const hostile: readonly (readonly [string, ...string[]])[] = [
  ["malformed", "", "acme.example.com", "//acme.example.com", "https:/acme.example.com", "https:acme.example.com"],
  ["malformed", "https://", "https:///acme.example.com", "https://?a", "javascript:alert(1)", "data:,x"],
  ["not_https", "http://acme.example.com", "ftp://acme.example.com", "file://acme.example.com", "httpss://a.example"],
  ["not_https", "http://127.0.0.1:8790", "http://localhost:8790/itflex", "http://[::1]", "ws://acme.example.com"],
  ["credentials", "https://user@acme.example.com", "https://u:hunter2@acme.example.com", "https://@acme.example.com"],
  ["credentials", "https://acme.example.com@127.0.0.1", "https://a.example:443@b.example", "http://u:p@localhost"],
  [
    "path",
    "https://acme.example.com/api",
    "https://acme.example.com//",
    "https://acme.example.com/.",
    "https://a.example/..;/",
  ],
  ["path", "https://acme.example.com/@evil.example", "https://acme.example.com/:443"],
  [
    "query",
    "https://acme.example.com?",
    "https://acme.example.com?a=b",
    "https://acme.example.com/?a",
    "https://a.example?@b",
  ],
  ["fragment", "https://acme.example.com#", "https://acme.example.com/#a", "https://acme.example.com#@evil.example"],
  [
    "port",
    "https://acme.example.com:",
    "https://acme.example.com:80",
    "https://acme.example.com:22",
    "https://a.example:0",
  ],
  [
    "port",
    "https://a.example:443,8443",
    "https://a.example:443:80",
    "https://a.example:65979",
    "https://a.example:0443",
  ],
  ["port", "https://a.example:-1", "https://a.example:4４3", "https://a.example:https", "https://::1"],
  [
    "characters",
    " https://acme.example.com",
    "https://acme.example.com\n",
    "https://acme\t.example.com",
    "ht\ntps://a.example",
  ],
  [
    "characters",
    "https:\\\\acme.example.com",
    "https://acme.example.com\\@evil.example",
    "https://a.example\\.b.example",
  ],
  ["characters", "https://%61cme.example.com", "https://127%2e0.0.1", "https://acme.example.com%00.evil.example"],
  ["characters", "https://acme.example.com\u0000", "https://acme\u200b.example.com", "https://acme\u00ad.example.com"],
  ["characters", "https://acme\u202e.example.com", "https://acme.example.com\u2028", "https://acme.example.com\u00a0"],
  ["ip_address", "https://127.0.0.1", "https://8.8.8.8", "https://8.8.8.8.", "https://127.1", "https://2130706433"],
  [
    "ip_address",
    "https://0x7f.1",
    "https://0x7f000001",
    "https://0177.0.0.1",
    "https://0",
    "https://0x",
    "https://1.2.3.4.5",
  ],
  [
    "ip_address",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://[fd00:ec2::254]:443",
    "https://[2606:4700::1111]",
  ],
  ["ip_address", "https://[v1.a]", "https://[]", "https://example.0x7f", "https://999.999.999.999", "https://256.1"],
  [
    "not_public",
    "https://localhost",
    "https://LOCALHOST",
    "https://a.localhost",
    "https://printer.local",
    "https://router",
  ],
  ["not_public", "https://metadata.google.internal", "https://ip-10-0-0-1.ec2.internal", "https://nas.home.arpa"],
  ["not_public", "https://a.localdomain", "https://intranet", "https://a.lan", "https://a.corp", "https://x.onion"],
  ["not_public", "https://1.0.0.127.in-addr.arpa"],
  [
    "host",
    "https://acme.example.com.",
    "https://localhost.",
    "https://acme..example.com",
    "https://.example.com",
    "https://.",
  ],
  [
    "host",
    "https://-acme.example.com",
    "https://acme-.example.com",
    "https://a_b.example.com",
    "https://*.example.com",
  ],
  ["host", "https://acme.example.c", "https://acme.example.com1", "https://a,b.example", "https://a!b.example"],
  ["host", "https://acme。example.com", "https://ａcme.example.com", "https://ⓔxample.com", "https://127。0。0。1"],
  ["host", "https://①②⑦.⓪.⓪.①", "https://xn--a.example.com", "https://xn--.com", "https://ﬀ.example", "https://a.b]"],
  [
    "host",
    `https://${"a".repeat(64)}.example.com`,
    "https://a.example;b",
    "https://a.example|b",
    "https://{a}.example",
  ],
  ["too_long", `https://${"a.".repeat(125)}example`, `https://${"a".repeat(100_000)}`],
];

describe("an origin that nobody may give", () => {
  it.each(hostile)("is refused: %s", (code, ...texts) => {
    expect(texts.map((text) => [text, codeOf(text)])).toEqual(texts.map((text) => [text, code]));
    expect(texts.map((text) => codeOf(text, { allowedPorts: [8443] }))).toEqual(texts.map(() => code));
  });

  it("is not repeated in the refusal, which says what to do", () => {
    const read = readCustomerOrigin("https://user:hunter2@acme.example.com");
    expect(read).toMatchObject({ ok: false, message: expect.stringContaining("Leave out") });
    expect(JSON.stringify(read)).not.toMatch(/hunter2|acme\.|user:/);
  });
});

describe("where loopback origins are allowed", () => {
  const local = { allowLoopback: true };

  it.each([
    ["http://127.0.0.1:8790/itflex", "http://127.0.0.1:8790/itflex"],
    ["http://127.0.0.1:8790/itflex/", "http://127.0.0.1:8790/itflex"],
    ["http://localhost:8790/a/b-c.d", "http://localhost:8790/a/b-c.d"],
    ["HTTP://LOCALHOST:80/", "http://localhost"],
    ["http://[::1]:8790", "http://[::1]:8790"],
    ["https://acme.example.com", "https://acme.example.com"],
  ])("%s is %s", (text, origin) => {
    expect(readCustomerOrigin(text, local)).toEqual({ ok: true, origin });
  });

  it.each<readonly [string, ...string[]]>([
    ["not_https", "http://127.0.0.2", "http://127.1:8790", "http://2130706433", "http://0.0.0.0", "http://a.localhost"],
    ["not_https", "http://acme.example.com", "http://10.0.0.1", "http://[::ffff:127.0.0.1]", "http://localhost."],
    ["not_https", "http://127.0.0.1.nip.io", "http://169.254.169.254"],
    ["ip_address", "https://127.0.0.1", "https://[::1]"],
    ["not_public", "https://localhost:443"],
    ["credentials", "http://u:p@127.0.0.1", "http://127.0.0.1@evil.example"],
    ["path", "http://127.0.0.1/..", "http://127.0.0.1/a/../b", "http://127.0.0.1//a", "http://127.0.0.1/a;b"],
    ["query", "http://127.0.0.1/a?b"],
    ["port", "http://127.0.0.1:65536", "http://127.0.0.1:", "http://127.0.0.1:1:2"],
  ])("other hosts and more than a path are still refused: %s", (code, ...texts) => {
    expect(texts.map((text) => [text, codeOf(text, local)])).toEqual(texts.map((text) => [text, code]));
  });
});
