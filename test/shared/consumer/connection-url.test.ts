import { describe, expect, it } from "vitest";
import { connectionUrl } from "../../../shared/consumer/connection-url.ts";

const origin = "https://api.rd.services";
const sandbox = "http://localhost:8790/rd-station";

describe("a request of a connection goes", () => {
  it.each([
    [origin, "/platform/contacts?page=2#top", `${origin}/platform/contacts?page=2#top`],
    [origin, `${origin}/platform/contacts`, `${origin}/platform/contacts`],
    [origin, "https://API.rd.services:443/x", `${origin}/x`],
    [origin, origin, `${origin}/`],
    [origin, "/", `${origin}/`],
    [origin, "/x/../y", `${origin}/y`],
    [sandbox, "/platform/contacts", `${sandbox}/platform/contacts`],
    [sandbox, `${sandbox}?x=1`, `${sandbox}?x=1`],
  ])("from %s and %s to %s", (at, input, url) => {
    expect(connectionUrl("rd-station/acme", at, input).href).toBe(url);
  });
});

describe("a token does not go", () => {
  it.each([
    [origin, "//evil.example/x"],
    [origin, "/\\evil.example"],
    [origin, "\\\\evil.example/x"],
    [origin, "https://evil.example/"],
    [origin, "https://api.rd.services.evil.example/"],
    [origin, "https://api.rd.services@evil.example/"],
    [origin, "https://user@api.rd.services/"],
    [origin, "https://user:password@api.rd.services/"],
    [origin, ".evil.example/"],
    [origin, "@evil.example/"],
    [origin, ":8443/x"],
    [origin, "https://api.rd.services:8443/"],
    [origin, "http://api.rd.services/"],
    [origin, "https://rd.services/"],
    [origin, "file:///etc/passwd"],
    [origin, "data:text/plain,x"],
    [origin, "contacts"],
    [origin, ""],
    [sandbox, "/../itflex/acme"],
    [sandbox, "http://localhost:8790/rd-station-crm/x"],
    [sandbox, "http://localhost:8790/"],
  ])("from %s to %s", (at, input) => {
    const goesTo = () => {
      const { href } = connectionUrl("rd-station/acme", at, input);
      return href;
    };
    // A backslash is a slash to the URL parser: the path stays on the origin.
    if (input === "/\\evil.example") expect(goesTo()).toBe(`${origin}//evil.example`);
    else expect(goesTo).toThrow(expect.objectContaining({ name: "TokenError", code: "origin_refused" }));
  });
});
