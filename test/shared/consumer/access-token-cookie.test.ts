import { describe, expect, it } from "vitest";
import { readAccessTokenCookie, setAccessTokenCookie } from "../../../shared/consumer/access-token-cookie.ts";

describe("the cookies of a request", () => {
  it.each([
    [undefined, "access-token=now"],
    ["a=1; b=2", "a=1; b=2; access-token=now"],
    ["access-token=before; a=1", "a=1; access-token=now"],
    ["refresh-token=key; a=1;", "a=1; access-token=now"],
    ["access-tokens=x", "access-tokens=x; access-token=now"],
  ])("%s become %s: the access token is among them once, and the refresh token never", (before, after) => {
    const headers = new Headers(before === undefined ? {} : { cookie: before });
    setAccessTokenCookie(headers, "now");
    expect(headers.get("cookie")).toBe(after);
  });
});

describe("an access token that comes by Set-Cookie", () => {
  const read = (...cookies: readonly string[]) => {
    const headers = new Headers();
    for (const cookie of cookies) headers.append("set-cookie", cookie);
    return readAccessTokenCookie(headers);
  };

  it("may be used for its Max-Age", () => {
    const expected = { accessToken: "a.b=c", maxAgeSeconds: 15 };
    expect(read("access-token=a.b=c; Path=/; Max-Age=15; HttpOnly")).toEqual(expected);
    expect(read("refresh-token=key; Max-Age=99", "access-token=a.b=c;max-age=15")).toEqual(expected);
  });

  it.each([
    "access-token=a",
    "access-token=; Max-Age=15",
    "access-token=a; Max-Age=0",
    "access-token=a; Max-Age=-1",
    "access-token=a; Max-Age=soon",
    "access-token; Max-Age=15",
    "refresh-token=key; Max-Age=15",
    "",
  ])("is not used at all: %s", (cookie) => {
    expect(read(cookie)).toBeUndefined();
  });
});
