import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readErrorBody } from "../../../shared/oauth/error-body.ts";

const denied = { error_type: "ACCESS_DENIED", error_message: "Wrong credentials provided." };
const nullField = { error_type: "CANNOT_BE_NULL", error_message: "Cannot be null.", path: "body.client_secret" };

describe("readErrorBody reads", () => {
  it.each<[string, unknown, string | undefined, string | undefined]>([
    ["an errors object", { errors: denied }, "ACCESS_DENIED", denied.error_message],
    ["an errors array", { errors: [denied, nullField] }, "ACCESS_DENIED", denied.error_message],
    ["errors by field", { errors: { name: [nullField] } }, "CANNOT_BE_NULL", nullField.error_message],
    [
      "errors by field and language",
      { errors: { label: { "pt-BR": [nullField] } } },
      "CANNOT_BE_NULL",
      "Cannot be null.",
    ],
    ["a flat error", denied, "ACCESS_DENIED", denied.error_message],
    ["a bare array", [denied], "ACCESS_DENIED", denied.error_message],
    ["RFC 6749", { error: "invalid_grant", error_description: "Gone." }, "invalid_grant", "Gone."],
    ["RFC 6749 without a description", { error: "invalid_client" }, "invalid_client", undefined],
    ["RFC 6749 under errors", { errors: { error: "invalid_grant" } }, "invalid_grant", undefined],
    ["a message", { message: "API rate limit exceeded" }, undefined, "API rate limit exceeded"],
    ["a msg", { msg: "Valid authentication token required" }, undefined, "Valid authentication token required"],
    [
      "an error that is a sentence",
      { error: "'lead_limiter' exceeded", max: 24 },
      undefined,
      "'lead_limiter' exceeded",
    ],
    ["errors that are texts", { errors: ["too bad"] }, undefined, "too bad"],
    ["errors in one text", { errors: "too bad" }, undefined, "too bad"],
    ["no errors", { errors: [] }, undefined, undefined],
    ["an empty object", {}, undefined, undefined],
    [
      "members of the wrong type",
      { errors: null, error_type: 7, error: {}, message: [], msg: false },
      undefined,
      undefined,
    ],
    ["a null among the errors", { errors: [null, denied] }, "ACCESS_DENIED", denied.error_message],
  ])("%s", (_, body, code, message) => {
    expect(readErrorBody(JSON.stringify(body))).toMatchObject({ code, message, json: true });
  });

  it.each([
    ["nothing", ""],
    ["HTML", "<html><body>HTML error response</body></html>"],
    ["text", "upstream connect error"],
    ["JSON cut short", '{"errors":{"error_type":"ACCESS_DENIED"'],
    ["a JSON string", '"ACCESS_DENIED"'],
    ["a JSON number", "401"],
    ["null", "null"],
    ["megabytes of JSON", JSON.stringify({ error: "invalid_grant", padding: "x".repeat(300_000) })],
  ])("nothing out of %s", (_, body) => {
    expect(readErrorBody(body)).toEqual({ code: undefined, message: undefined, json: false, texts: [] });
  });

  it.each(["", "has space", "line\nbreak", "ä", "a/b", "<script>", "x".repeat(65)])("no code out of %j", (code) => {
    expect(readErrorBody(JSON.stringify({ error_type: code, error: code })).code).toBeUndefined();
  });

  it("a code of 64 characters", () => {
    expect(readErrorBody(JSON.stringify({ error: "x".repeat(64) })).code).toBe("x".repeat(64));
  });
});

describe("readErrorBody names the texts", () => {
  it.each([
    [
      { msg: "no", error: "x", message: "y", number: 7, empty: "", object: {}, none: null },
      ["msg", "error", "message"],
    ],
    [{ errors: { msg: "inside" } }, []],
    [[{ msg: "in an array" }], []],
  ])("of the object itself: %j", (body, texts) => {
    expect(readErrorBody(JSON.stringify(body)).texts).toEqual(texts);
  });
});

describe("readErrorBody stays fast on", () => {
  it.each([
    ["deep arrays", `${"[".repeat(120_000)}${"]".repeat(120_000)}`],
    ["deep objects", `${'{"errors":'.repeat(20_000)}1${"}".repeat(20_000)}`],
    ["a long array", `{"errors":[${"0,".repeat(120_000)}0]}`],
    ["a wide object", `{"errors":{${Array.from({ length: 15_000 }, (_, i) => `"field${i}":[]`).join()}}}`],
    ["an endless start", "[".repeat(10_000_000)],
  ])("%s", (_, body) => {
    const started = performance.now();
    expect(readErrorBody(body).code).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("readErrorBody never throws, and never returns an unclean code", () => {
  const check = (body: string) => {
    const { code, message } = readErrorBody(body);
    if (code !== undefined) expect(code).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
    if (message !== undefined) expect(message.length).toBeLessThanOrEqual(1000);
  };

  it("for any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), check));
  });

  it("for any JSON", () => {
    fc.assert(fc.property(fc.json(), check));
  });

  it("for any value where an error is expected", () => {
    const names = fc.constantFrom("errors", "error_type", "error", "error_message", "message", "msg", "__proto__");
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.string(),
        fc.jsonValue(),
        fc.array(tie("tree")),
        fc.dictionary(names, tie("tree")),
      ),
    }));
    fc.assert(fc.property(tree, (value) => check(JSON.stringify(value))));
  });
});
