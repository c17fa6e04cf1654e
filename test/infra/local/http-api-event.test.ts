import { describe, expect, it } from "vitest";
import { httpApiEvent } from "../../../infra/local/http-api-event.ts";
import { routes } from "../../../infra/local/routes.ts";

const [start, , , , , get] = routes;
const put = routes.find(({ method }) => method === "PUT") ?? start;

function eventOf(url: string, init: RequestInit = {}, route: (typeof routes)[number] = start, parameters = {}) {
  return httpApiEvent(route, new Request(url, init), parameters);
}

describe("the event of the local HTTP API", () => {
  it("has the payload format of API Gateway's", async () => {
    const event = await eventOf("http://127.0.0.1:8788/auth/rd-station/start?ticket=a", {
      headers: { "X-Mixed-Case": "v" },
    });
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "GET /auth/{provider}/start",
      rawPath: "/auth/rd-station/start",
      rawQueryString: "ticket=a",
      queryStringParameters: { ticket: "a" },
      isBase64Encoded: false,
      requestContext: { stage: "$default", http: { method: "GET", sourceIp: "127.0.0.1" } },
    });
    expect(event.headers["x-mixed-case"]).toBe("v");
    expect(event.body).toBeUndefined();
  });

  it("leaves out what there is none of", async () => {
    const event = await eventOf("http://127.0.0.1/healthz");
    for (const member of ["cookies", "queryStringParameters", "pathParameters", "body"])
      expect(event).not.toHaveProperty(member);
  });

  it("joins repeated query parameters and decodes them", async () => {
    const { queryStringParameters } = await eventOf("http://127.0.0.1/?a=1&a=2&b=%20%2B+&c=&%C3%A9=%E2%82%AC");
    expect(queryStringParameters).toEqual({ a: "1,2", b: " + ", c: "", é: "€" });
  });

  it("keeps parameters apart from what every object has", async () => {
    const { queryStringParameters = {} } = await eventOf("http://127.0.0.1/?toString=a&constructor=b");
    expect(queryStringParameters).toEqual({ toString: "a", constructor: "b" });
  });

  it("splits cookies and takes them out of the headers", async () => {
    const event = await eventOf("http://127.0.0.1/", { headers: { cookie: "a=1;b=2; c=3=4;;  " } });
    expect(event.cookies).toEqual(["a=1", "b=2", "c=3=4"]);
    expect(event.headers).not.toHaveProperty("cookie");
  });

  it("knows its caller on routes that are signed, and on no other", async () => {
    expect((await eventOf("http://127.0.0.1/")).requestContext.authorizer).toBeUndefined();
    const signed = await eventOf("http://127.0.0.1/", {}, get);
    expect(signed.requestContext.authorizer?.iam?.userArn).toMatch(/^arn:aws:iam::/);
  });

  it.each([
    ["application/json", false],
    ["application/json; charset=utf-8", false],
    ["application/problem+json", false],
    ["text/plain", false],
    ["application/octet-stream", true],
    ["application/x-www-form-urlencoded", true],
    ["", true],
  ])("carries a body of the type %j as base64: %s", async (type, isBase64Encoded) => {
    const bytes = Buffer.from('{"a":"é"}');
    const event = await eventOf(
      "http://127.0.0.1/",
      { method: "PUT", body: bytes, headers: { "content-type": type } },
      put,
    );
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body ?? "", isBase64Encoded ? "base64" : "utf8")).toEqual(bytes);
  });
});
