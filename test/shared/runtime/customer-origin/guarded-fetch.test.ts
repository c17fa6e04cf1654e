import { describe, expect, it } from "vitest";
import type { Fetch } from "../../../../shared/oauth/http.ts";
import { guardedFetch } from "../../../../shared/runtime/customer-origin/guarded-fetch.ts";
import { originReader } from "../../../../shared/runtime/customer-origin/origin-port.ts";

const answering =
  (text: string): Fetch =>
  async () =>
    new Response(text);
const fetch = guardedFetch(
  ["https://api.rd.services", "http://localhost:8790/rd-station"],
  answering("usual"),
  answering("careful"),
);
const way = async (input: Parameters<Fetch>[0]) => (await fetch(input)).text();

describe("a request", () => {
  it.each(["https://api.rd.services/auth/token", "https://API.rd.services:443/", "http://localhost:8790/rd-station/x"])(
    "to a configured provider goes the usual way: %s",
    async (url) => {
      expect(await Promise.all([way(url), way(new URL(url)), way(new Request(url))])).toEqual([
        "usual",
        "usual",
        "usual",
      ]);
    },
  );

  it.each([
    "https://itflex.example.com/api/v1/oauth2/token",
    "http://api.rd.services/auth/token",
    "https://api.rd.services:8443/",
    "https://api.rd.services.evil.example/",
    "https://api.rd.services@evil.example/",
    "http://127.0.0.1:8790/itflex",
    "not a url",
  ])("to anywhere else is sent with care: %s", async (url) => {
    expect(await way(url)).toBe("careful");
  });
});

describe("an origin that is handed in", () => {
  it("is given back as it is stored", () => {
    expect(originReader({})("https://ITFLEX.example.com/")).toBe("https://itflex.example.com");
  });

  it("is refused in words that say what to do", () => {
    expect(() => originReader({})("https://itflex.example.com/api")).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        message: expect.stringContaining("Leave out everything after"),
      }),
    );
  });
});
