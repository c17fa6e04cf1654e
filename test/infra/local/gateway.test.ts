import { request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { Hono } from "hono";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Gateway, type LocalFunction, lambdaContext, startGateway } from "../../../infra/local/gateway.ts";
import type { FunctionName } from "../../../infra/local/routes.ts";
import type { HttpEvent } from "../../../shared/runtime/http-call.ts";

let gateway: Gateway | undefined;

afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  vi.restoreAllMocks();
});

type Called = { readonly name: FunctionName; readonly event: HttpEvent };

/** A gateway whose functions remember their calls. @returns its URL and the calls */
async function open(answer: LocalFunction): Promise<{ readonly url: string; readonly calls: readonly Called[] }> {
  const calls: Called[] = [];
  gateway = await startGateway({
    port: 0,
    pages: new Hono().get("/", (context) => context.text("home")),
    load: async (name) => (event, context) => {
      calls.push({ name, event });
      return answer(event, context);
    },
  });
  return { url: `http://127.0.0.1:${gateway.port}`, calls };
}

const fine: LocalFunction = async () => ({ statusCode: 200, headers: { "cache-control": "no-store" }, body: "{}" });

describe("the local gateway", () => {
  it.each([
    ["GET", "/auth/rd-station/start?ticket=a", "start", { provider: "rd-station" }],
    ["GET", "/auth/rd-station/callback?code=a", "callback", { provider: "rd-station" }],
    ["GET", "/auth/rd-station/result/abc", "result", { provider: "rd-station", reference: "abc" }],
    ["GET", "/healthz", "health", undefined],
    ["GET", "/v1/connections", "connections", undefined],
    ["GET", "/v1/connections/rd-station/acme", "connections", { provider: "rd-station", account: "acme" }],
    ["PUT", "/v1/connections/rd-station/acme", "import", { provider: "rd-station", account: "acme" }],
    ["DELETE", "/v1/connections/rd-station/acme", "revoke", { provider: "rd-station", account: "acme" }],
    ["POST", "/v1/connections/a/b/authorization", "authorization", { provider: "a", account: "b" }],
    ["GET", "/v1/connections/a/b/access-token", "access-token", { provider: "a", account: "b" }],
    ["POST", "/v1/connections/a/b/refresh", "refresh", { provider: "a", account: "b" }],
  ] as const)("gives %s %s to %s", async (method, path, name, parameters) => {
    const { url, calls } = await open(fine);
    expect((await fetch(url + path, { method })).status).toBe(200);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.name).toBe(name);
    expect(calls[0]?.event.pathParameters).toEqual(parameters);
  });

  it("decodes path parameters, and a slash in one does not make another route", async () => {
    const { url, calls } = await open(fine);
    await fetch(`${url}/v1/connections/rd-station/a%2Fb%20%C3%A9`);
    expect(calls[0]).toMatchObject({ name: "connections", event: { pathParameters: { account: "a/b é" } } });
  });

  it("answers what is no route in the HTTP API's form, and runs nothing", async () => {
    const { url, calls } = await open(fine);
    for (const [method, path] of [
      ["GET", "/nothing"],
      ["POST", "/healthz"],
      ["HEAD", "/healthz"],
      ["HEAD", "/auth/a/callback?code=a"],
      ["OPTIONS", "/v1/connections"],
    ] as const) {
      const answer = await fetch(url + path, { method });
      expect(answer.status).toBe(404);
      if (method !== "HEAD") expect(await answer.json()).toEqual({ message: "Not Found" });
    }
    expect(calls).toEqual([]);
  });

  it("passes on status, headers, every cookie and a body in base64", async () => {
    const { url } = await open(async () => ({
      statusCode: 418,
      headers: { "x-number": 7, "content-type": "application/octet-stream" },
      cookies: ["a=1; Path=/", "b=2; HttpOnly"],
      body: Buffer.from([0, 255]).toString("base64"),
      isBase64Encoded: true,
    }));
    const answer = await fetch(`${url}/healthz`);
    expect(answer.status).toBe(418);
    expect(answer.headers.get("x-number")).toBe("7");
    expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; HttpOnly"]);
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 255]);
  });

  it("answers 500 where a function throws, and says nothing of why", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const { url } = await open(() => Promise.reject(new TypeError("the-secret")));
    const answer = await fetch(`${url}/healthz`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ message: "Internal Server Error" });
    expect(JSON.stringify(printed.mock.calls)).not.toContain("the-secret");
  });

  it("takes 10 MB and no more", async () => {
    const { url, calls } = await open(fine);
    const path = `${url}/v1/connections/a/b`;
    const most = 10 * 1024 * 1024;
    expect((await fetch(path, { method: "PUT", body: Buffer.alloc(most) })).status).toBe(200);
    expect((await fetch(path, { method: "PUT", body: Buffer.alloc(most + 1) })).status).toBe(413);
    expect(calls).toHaveLength(1);
  });

  it("refuses a foreign Host and another site's page before a function runs", async () => {
    const { url, calls } = await open(fine);
    const ask = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request(`${url}/v1/connections`, { headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.on("error", reject);
        sent.end();
      });
    expect(await ask({ host: "rebound.example" })).toBe(421);
    expect(await ask({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(calls).toEqual([]);
  });

  it("closes after every function that runs has answered, and its answer arrives", async () => {
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { url, calls } = await open(async () => {
      await finished;
      return { statusCode: 200, body: "late" };
    });
    const answer = fetch(`${url}/healthz`).then((response) => response.text());
    answer.catch(() => {});
    await expect.poll(() => calls.length, { timeout: 10_000 }).toBe(1);
    let closed = false;
    const closing = gateway?.close().then(() => {
      closed = true;
    });
    await wait(50);
    expect(closed).toBe(false);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    finish();
    expect(await answer).toBe("late");
    await closing;
    gateway = undefined;
  });

  it("is refused a port that is in use", async () => {
    await open(fine);
    const port = gateway?.port ?? 0;
    await expect(
      startGateway({ port, load: async () => fine, pages: new Hono().get("/", (context) => context.text("home")) }),
    ).rejects.toThrow(String(port));
  });
});

describe("a local Lambda context", () => {
  it("has time that runs out", async () => {
    const context = lambdaContext("start", 1_000);
    const left = context.getRemainingTimeInMillis();
    expect(left).toBeLessThanOrEqual(1_000);
    await wait(20);
    expect(context.getRemainingTimeInMillis()).toBeLessThan(left);
  });
});
