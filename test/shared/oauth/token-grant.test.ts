import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTokenGrant } from "../../../shared/oauth/token-grant.ts";

const tenYears = 315_360_000;

function jwt(payload: unknown): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ typ: "JWT", alg: "RS256" })}.${encode(payload)}.c2lnbmF0dXJl`;
}

function read(answer: object) {
  return readTokenGrant(JSON.stringify(answer));
}

describe("readTokenGrant", () => {
  it("reads RD Station's answer, which has no token_type", () => {
    expect(read({ access_token: "a.b.c", expires_in: 86400, refresh_token: "r" })).toEqual({
      accessToken: "a.b.c",
      refreshToken: "r",
      lifeSeconds: 86400,
    });
  });

  it.each<[string, unknown, number | undefined]>([
    ["a number", 900, 900],
    ["a numeric string", "86400", 86400],
    ["a fraction", 900.9, 900],
    ["a fraction in a string", "900.9", 900],
    ["zero", 0, 0],
    ["less than a second", 0.5, 0],
    ["zero in a string", "0", 0],
    ["a negative number", -60, 0],
    ["a negative number in a string", "-60", 0],
    ["text", "soon", 0],
    ["an empty string", "", 0],
    ["hexadecimal", "0x10", 0],
    ["an object", { seconds: 900 }, 0],
    ["a list", [900], 0],
    ["a boolean", true, 0],
    ["a string too long for a number", "9".repeat(400), 0],
    ["a century", 3_153_600_000, tenYears],
    ["null", null, undefined],
    ["nothing", undefined, undefined],
  ])("takes expires_in as %s", (_, expires_in, lifeSeconds) => {
    expect(read({ access_token: "opaque", expires_in })?.lifeSeconds).toBe(lifeSeconds);
  });

  it("takes an infinite expires_in as unusable", () => {
    expect(readTokenGrant('{"access_token":"opaque","expires_in":1e999}')?.lifeSeconds).toBe(0);
  });

  it.each<[string, string, number | undefined]>([
    ["its exp and iat", jwt({ iat: 1_685_470_750, exp: 1_685_557_150 }), 86400],
    ["an exp before its iat", jwt({ iat: 100, exp: 50 }), 0],
    ["an exp alone", jwt({ exp: 1_685_557_150 }), undefined],
    ["claims of another type", jwt({ iat: "0", exp: "9" }), undefined],
    ["a payload that is no object", jwt(7), undefined],
    ["no payload that can be read", "asd2134asf.asdffsdfasd1234adsf.asdffaasd213asfd", undefined],
    ["two parts only", jwt({ iat: 0, exp: 9 }).split(".").slice(0, 2).join("."), undefined],
  ])("takes the life from a JWT where expires_in is missing: %s", (_, access_token, lifeSeconds) => {
    expect(read({ access_token })?.lifeSeconds).toBe(lifeSeconds);
  });

  it("believes expires_in before the JWT, also where it is unusable", () => {
    const access_token = jwt({ iat: 0, exp: 86400 });
    expect(read({ access_token, expires_in: 60 })?.lifeSeconds).toBe(60);
    expect(read({ access_token, expires_in: "soon" })?.lifeSeconds).toBe(0);
  });

  it.each<[string, unknown]>([
    ["a number", 7],
    ["an object", {}],
    ["null", null],
    ["an empty string", ""],
    ["a space in it", "a b"],
    ["a line break in it", "abc\n"],
    ["a control character in it", "a\u0000b"],
    ["a letter outside ASCII", "tokén"],
    ["17 KiB", "x".repeat(17 * 1024)],
  ])("counts a token as missing that is or has %s, and keeps the other", (_, broken) => {
    expect(read({ access_token: broken, refresh_token: "r" })).toMatchObject({
      accessToken: undefined,
      refreshToken: "r",
    });
    expect(read({ access_token: "a", refresh_token: broken })).toMatchObject({
      accessToken: "a",
      refreshToken: undefined,
    });
    expect(read({ access_token: broken, refresh_token: broken })).toBeUndefined();
  });

  it("takes a token of 16 KiB", () => {
    expect(read({ access_token: "x".repeat(16 * 1024) })?.accessToken).toHaveLength(16 * 1024);
  });

  it.each(["bearer", "Bearer", "BEARER", " bearer ", "", undefined, null, 7])(
    "uses a token of type %j",
    (token_type) => {
      expect(read({ access_token: "a", refresh_token: "r", token_type })).toMatchObject({
        accessToken: "a",
        refreshToken: "r",
      });
    },
  );

  it.each(["DPoP", "mac", "N_A"])(
    "doesn't use an access token of type %s, and keeps the refresh token",
    (token_type) => {
      expect(read({ access_token: "a", refresh_token: "r", token_type })).toMatchObject({
        accessToken: undefined,
        refreshToken: "r",
      });
      expect(read({ access_token: "a", token_type })).toBeUndefined();
    },
  );

  it.each(["", "{}", "[]", "null", '"a"', "<html></html>", '{"access_token":"a"', '{"error":"invalid_grant"}', "[{}]"])(
    "finds nothing in %j",
    (body) => {
      expect(readTokenGrant(body)).toBeUndefined();
    },
  );

  it("never loses a well-formed refresh token, whatever stands beside it", () => {
    const names = fc.constantFrom(
      "access_token",
      "expires_in",
      "token_type",
      "scope",
      "error",
      "__proto__",
      "toString",
    );
    const token = fc.stringMatching(/^[\x21-\x7e]{1,100}$/);
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), token, (beside, refresh_token) => {
        const grant = read({ ...beside, refresh_token });
        expect(grant?.refreshToken).toBe(refresh_token);
        const life = grant?.lifeSeconds ?? 0;
        expect(Number.isInteger(life) && life >= 0 && life <= tenYears).toBe(true);
      }),
    );
  });
});
