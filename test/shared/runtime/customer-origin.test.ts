import { describe, expect, it } from "vitest";
import { customerOrigins } from "../../../shared/runtime/customer-origin.ts";

const deployed = customerOrigins({ allowLoopback: false });
const local = customerOrigins({ allowLoopback: true });

describe("the origin of a customer's host", () => {
  it.each([
    ["https://itflex.example.com", "https://itflex.example.com"],
    ["HTTPS://ITFLEX.Example.com", "https://itflex.example.com"],
  ])("may be %s", (text, origin) => {
    expect([deployed(text), local(text)]).toEqual([origin, origin]);
  });

  it.each([
    "",
    "itflex.example.com",
    "http://itflex.example.com",
    "https://itflex.example.com/",
    "https://itflex.example.com/api",
    "https://itflex.example.com?x=1",
    "https://itflex.example.com#x",
    "https://itflex.example.com:8443",
    "https://user@itflex.example.com",
    "https://user:secret@itflex.example.com",
    "https://itflex.example.com@evil.example",
    "https://127.0.0.1",
    "https://2130706433",
    "https://0x7f.1",
    "https://[::1]",
    "https://[::ffff:a00:1]",
    "https://localhost",
    "https://itflex",
    "https://itflex.example.com\\@evil.example",
    " https://itflex.example.com",
    "javascript:alert(1)",
  ])("may not be %j", (text) => {
    for (const read of [deployed, local]) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: "invalid_request" }));
    }
  });

  it.each([
    ["http://127.0.0.1:8790/itflex", "http://127.0.0.1:8790/itflex"],
    ["http://localhost:8790/itflex/", "http://localhost:8790/itflex"],
    ["http://[::1]:8790", "http://[::1]:8790"],
  ])("may be %s by a local setting alone", (text, origin) => {
    expect(local(text)).toBe(origin);
    expect(() => deployed(text)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });

  it.each(["http://user@127.0.0.1/itflex", "http://127.0.0.1/?x=1", "http://10.0.0.1/itflex", "file://localhost/"])(
    "may not be %s by any",
    (text) => {
      expect(() => local(text)).toThrow(expect.objectContaining({ code: "invalid_request" }));
    },
  );
});
