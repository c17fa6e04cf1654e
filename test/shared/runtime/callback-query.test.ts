import { describe, expect, it } from "vitest";
import { readCallback } from "../../../shared/runtime/callback-query.ts";

describe("a callback's query", () => {
  it.each([
    ["a code with a state", { code: "c", state: "s" }, { kind: "answer", state: "s", code: "c", error: undefined }],
    [
      "an error with a state",
      { error: "access_denied", state: "s" },
      { kind: "answer", state: "s", code: undefined, error: "access_denied" },
    ],
    [
      "members that we do not know",
      { code: "c", state: "s", scope: "", iss: "x", error_description: "á é" },
      { kind: "answer", state: "s", code: "c", error: undefined },
    ],
    ["a code without a state: an installation", { code: "c" }, { kind: "install" }],
    [
      "an error without a state: an installation, too",
      { error: "access_denied" },
      { kind: "install", error: "access_denied" },
    ],
    ["a code and an error", { code: "c", error: "access_denied", state: "s" }, { kind: "malformed" }],
    ["a code and an error without a state", { code: "c", error: "access_denied" }, { kind: "malformed" }],
    ["a state alone", { state: "s" }, { kind: "malformed" }],
    ["nothing", {}, { kind: "malformed" }],
    ["an empty code", { code: "", state: "s" }, { kind: "malformed" }],
    ["an empty state, as if there were none", { code: "c", state: "" }, { kind: "install" }],
    ["an empty error", { error: "", state: "s" }, { kind: "malformed" }],
    ["an empty error beside a code", { code: "c", error: "", state: "s" }, { kind: "malformed" }],
    ["a space", { code: "a b", state: "s" }, { kind: "malformed" }],
    ["a line break", { code: "c\r\nset-cookie: x=y", state: "s" }, { kind: "malformed" }],
    ["a line break at the end", { code: "c\n", state: "s" }, { kind: "malformed" }],
    ["a NUL", { code: "c\0", state: "s" }, { kind: "malformed" }],
    ["letters beyond ASCII", { code: "c", state: "estádo" }, { kind: "malformed" }],
    ["2,049 characters", { code: "c".repeat(2049), state: "s" }, { kind: "malformed" }],
  ] as const)("with %s", (_, query, expected) => {
    expect(readCallback(query)).toEqual(expected);
  });

  it("takes 2,048 characters", () => {
    expect(readCallback({ code: "c".repeat(2048), state: "s" }).kind).toBe("answer");
  });
});
