import { describe, expect, it } from "vitest";
import { buildAuthorizationUrl } from "../../../shared/oauth/authorization-url.ts";

describe("buildAuthorizationUrl", () => {
  it("encodes what it is given", () => {
    const parameters = { redirect_uri: "https://a.example/cb?x=1&y=é#z", state: "a b+c/d=", client_id: "" };
    const url = buildAuthorizationUrl("http://localhost:8790/rd-station/auth/dialog", parameters);
    expect(url).toBe(
      "http://localhost:8790/rd-station/auth/dialog?redirect_uri=https%3A%2F%2Fa.example%2Fcb%3Fx%3D1%26y%3D%C3%A9%23z&state=a+b%2Bc%2Fd%3D&client_id=",
    );
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual(parameters);
  });

  it("keeps a query that the endpoint has", () => {
    expect(buildAuthorizationUrl("https://a.example/authorize?tenant=7", { state: "s" })).toBe(
      "https://a.example/authorize?tenant=7&state=s",
    );
  });

  it("refuses an endpoint that is no absolute URL", () => {
    expect(() => buildAuthorizationUrl("/auth/dialog", {})).toThrow(TypeError);
  });
});
