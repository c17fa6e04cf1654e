import { describe, expect, it } from "vitest";
import { loopbackRefusal } from "../../../infra/local/loopback-guard.ts";

const ours = { host: "127.0.0.1:8788", secFetchSite: undefined, origin: undefined, sameSiteOnly: true };

describe("the loopback guard", () => {
  it.each(["127.0.0.1", "127.0.0.1:8788", "localhost", "localhost:1", "LocalHost", "[::1]", "[::1]:8788"])(
    "lets %s in",
    (host) => {
      expect(loopbackRefusal({ ...ours, host })).toBeUndefined();
    },
  );

  it.each([
    undefined,
    "",
    ":8788",
    "rebound.example",
    "127.0.0.1.rebound.example",
    "localhost.rebound.example",
    "rebound.example:127.0.0.1",
    "localhost@rebound.example",
    "127.0.0.1:80:80",
    "127.0.0.1:",
    "127.0.0.1:port",
    " localhost",
    "localhost.",
    "127.0.0.2",
    "0.0.0.0",
    "[::]",
    "::1",
    "localhost,rebound.example",
    "localhost\nrebound.example",
  ])("refuses %j with 421, whatever else it says", (host) => {
    for (const sameSiteOnly of [true, false])
      for (const secFetchSite of [undefined, "same-origin", "cross-site"])
        expect(loopbackRefusal({ ...ours, host, secFetchSite, sameSiteOnly })).toBe(421);
  });

  it.each([
    ["http://127.0.0.1:8788", undefined],
    ["http://localhost:8788", 403],
    ["http://127.0.0.1:8790", 403],
    ["https://127.0.0.1:8788", 403],
    ["https://page.example", 403],
    ["null", 403],
    ["", 403],
  ])("answers a browser that sends no Sec-Fetch-Site by its Origin %j with %j", (origin, refusal) => {
    expect(loopbackRefusal({ ...ours, origin })).toBe(refusal);
    expect(loopbackRefusal({ ...ours, origin, sameSiteOnly: false })).toBeUndefined();
    expect(loopbackRefusal({ ...ours, origin, secFetchSite: "same-origin" })).toBeUndefined();
    expect(loopbackRefusal({ ...ours, origin, secFetchSite: "cross-site" })).toBe(403);
  });

  it.each([
    [undefined, undefined],
    ["same-origin", undefined],
    ["none", undefined],
    ["same-site", 403],
    ["cross-site", 403],
    ["", 403],
    ["SAME-ORIGIN", 403],
    ["none, none", 403],
    ["future-value", 403],
  ])("answers Sec-Fetch-Site %j with %j, and only on routes that pages must not reach", (secFetchSite, refusal) => {
    expect(loopbackRefusal({ ...ours, secFetchSite })).toBe(refusal);
    expect(loopbackRefusal({ ...ours, secFetchSite, sameSiteOnly: false })).toBeUndefined();
  });
});
