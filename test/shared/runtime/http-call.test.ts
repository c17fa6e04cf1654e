import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { BrokerError } from "../../../shared/broker/error.ts";
import { rdStation } from "../../../shared/providers/rd-station.ts";
import { readBody, readCall, readConnectionId, readQuery, wholeNumber } from "../../../shared/runtime/http-call.ts";
import { contextWith, sampleCall, sampleEvent } from "./sample-event.ts";

const { requestContext } = sampleEvent();

/** Runs what is refused. @returns its code and its detail */
function refusal(run: () => unknown): { readonly code: string; readonly detail: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof BrokerError) return { code: error.code, detail: error.message };
    throw error;
  }
  throw new Error("It was accepted");
}

describe("an event", () => {
  it("without query, cookies and path parameters has none", () => {
    expect(sampleCall()).toMatchObject({ query: {}, cookies: [], path: {} });
  });

  it("names its caller by the ARN that API Gateway authenticated, and by nothing the caller says", () => {
    const authorizer = { iam: { userArn: "arn:aws:iam::000000000000:user/ana" } };
    const signed = sampleCall({ requestContext: { ...requestContext, authorizer } });
    expect(signed.invocation.actor).toBe("arn:aws:iam::000000000000:user/ana");
    expect(sampleCall({ headers: { "x-amzn-iam-user-arn": "arn:forged" } }).invocation.actor).toBe("anonymous");
  });

  it.each([
    [25_000, 24_500],
    [10_000, 9_500],
    // The HTTP API has cut the request off long before.
    [900_000, 24_500],
  ])("with %i ms left ends in time for the answer", (left, endsAt) => {
    expect(readCall(sampleEvent(), contextWith(left), 1_000).invocation.endsAt).toBe(1_000 + endsAt);
  });
});

describe("the connection id in a path", () => {
  const providers = new Map([[rdStation.id, rdStation]]);
  const idOf = (provider: string | undefined, account: string | undefined) => () =>
    readConnectionId(
      sampleCall({
        pathParameters: {
          ...(provider === undefined ? {} : { provider }),
          ...(account === undefined ? {} : { account }),
        },
      }),
      providers,
    );

  it.each(["acme", "A", "0", "a.b_c-d", "a..b", `a${"b".repeat(63)}`])("takes the account %s", (account) => {
    expect(idOf("rd-station", account)()).toBe(`rd-station/${account}`);
  });

  it.each([
    "",
    ".",
    "..",
    ".a",
    "-a",
    "_a",
    "a/b",
    "a b",
    "a\n",
    "a\r\nb",
    "a%2Fb",
    "á",
    "a#b",
    `a${"b".repeat(64)}`,
    undefined,
  ])("refuses the account %j", (account) => {
    expect(refusal(idOf("rd-station", account)).code).toBe("invalid_request");
  });

  it.each(["", "RD-STATION", "nobody", "__proto__", "constructor", "rd-station/", undefined])(
    "does not know the provider %j",
    (provider) => {
      expect(refusal(idOf(provider, "acme")).code).toBe("provider_unknown");
    },
  );
});

describe("a body", () => {
  const schema = v.strictObject({ name: v.string(), count: v.optional(v.number()) });
  const optional = v.strictObject({ name: v.optional(v.string()) });
  const read = (body: string, isBase64Encoded = false) => readBody(sampleCall({ body, isBase64Encoded }), schema);

  it("is read as text or base64", () => {
    expect(read('{"name":"é"}')).toEqual({ name: "é" });
    expect(read(Buffer.from('{"name":"é"}').toString("base64"), true)).toEqual({ name: "é" });
  });

  it("that is missing counts as an empty object", () => {
    expect(readBody(sampleCall(), optional)).toEqual({});
    expect(refusal(() => readBody(sampleCall(), schema))).toEqual({
      code: "invalid_request",
      detail: "The body lacks name.",
    });
  });

  it.each([
    ["not JSON", "name=x", "The body is not JSON."],
    ["half of it", '{"name":', "The body is not JSON."],
    ["a byte-order mark", '\ufeff{"name":"x"}', "The body is not JSON."],
    ["null", "null", "The body has to be a JSON object."],
    ["a number", "1", "The body has to be a JSON object."],
    ["text", '"name"', "The body has to be a JSON object."],
    ["a list", '[{"name":"x"}]', "The body has to be a JSON object."],
    ["an empty list", "[]", "The body has to be a JSON object."],
    ["a member of another type", '{"name":7}', "name has to be string."],
    ["a null member", '{"name":null}', "name has to be string."],
    ["a member that is unknown", '{"name":"x","colour":"red"}', "The body must not contain colour."],
    ["a member that every object inherits", '{"name":"x","constructor":1}', "The body must not contain constructor."],
    ["a prototype", '{"name":"x","__proto__":{"count":1}}', "The body must not contain __proto__."],
    ["a member missing", "{}", "The body lacks name."],
  ])("with %s is refused", (_, body, detail) => {
    expect(refusal(() => read(body))).toEqual({ code: "invalid_request", detail });
  });

  it("that is an empty list is refused also where no member is needed", () => {
    const detail = "The body has to be a JSON object.";
    expect(refusal(() => readBody(sampleCall({ body: "[]" }), optional))).toEqual({ code: "invalid_request", detail });
  });

  it("with bytes that are not UTF-8 is refused", () => {
    const bytes = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    expect(refusal(() => read(bytes.toString("base64"), true)).code).toBe("invalid_request");
  });

  it("may have 64 KiB, counted in bytes", () => {
    const around = '{"name":""}'.length;
    expect(read(`{"name":"${"x".repeat(65_536 - around)}"}`).name).toHaveLength(65_536 - around);
    expect(refusal(() => read(`{"name":"${"x".repeat(65_537 - around)}"}`)).code).toBe("request_too_large");
    expect(refusal(() => read(`{"name":"${"é".repeat(32_768)}"}`)).code).toBe("request_too_large");
  });

  it("nested as deep as it may be large is refused like any other", () => {
    expect(refusal(() => read(`{"name":${"[".repeat(32_000)}${"]".repeat(32_000)}}`)).code).toBe("invalid_request");
    expect(refusal(() => read("[".repeat(65_536))).code).toBe("invalid_request");
  });

  it.each([
    '{"name":"the-secret"',
    '{"name":["the-secret"]}',
    '{"count":"the-secret","name":"x"}',
    '{"name":"x","colour":"the-secret"}',
  ])("is never quoted: %s", (body) => {
    expect(refusal(() => read(body)).detail).not.toContain("the-secret");
  });

  it("names a member without what could break a line", () => {
    const { detail } = refusal(() => read(`{"name":"x","a\\r\\nb\\u2028<i>${"c".repeat(100)}":1}`));
    expect(detail).toMatch(/^[\x20-\x7e]{1,120}$/);
    expect(detail).not.toContain("<");
  });
});

describe("a query", () => {
  const schema = v.object({ limit: v.optional(wholeNumber(1, 100), "50") });
  const read = (queryStringParameters: Record<string, string>) =>
    readQuery(sampleCall({ queryStringParameters }), schema);

  it.each([
    [{}, 50],
    [{ limit: "1" }, 1],
    [{ limit: "100" }, 100],
    [{ limit: "007" }, 7],
    [{ limit: "2", other: "x" }, 2],
  ] as const)("%j", (query, limit) => {
    expect(read(query)).toEqual({ limit });
  });

  it.each(["", "0", "101", "-1", "+1", "1.5", "1e1", "0x10", " 1", "1 ", "1|", "1,2", "banana", "١", "9".repeat(400)])(
    "refuses limit=%j",
    (limit) => {
      const detail = "limit has to be a whole number from 1 to 100.";
      expect(refusal(() => read({ limit }))).toEqual({ code: "invalid_request", detail });
    },
  );
});
