import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { callback, client, runSandbox } from "./running-sandbox.ts";

function statusOf(url: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url.replace("localhost", "127.0.0.1"), options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });
}

const dialogQuery = new URLSearchParams({ client_id: client.clientId, redirect_uri: callback });

test("a foreign Host is refused everywhere", async () => {
  const sandbox = await runSandbox();
  for (const path of ["/rd-station/auth/dialog", "/_sandbox/rd-station/settings", "/_sandbox", "/"]) {
    expect(await statusOf(`${sandbox.url}${path}`, { headers: { host: "rebound.example" } })).toBe(421);
  }
});

test.each(["cross-site", "same-site"])("a %s page cannot reach the control API", async (site) => {
  const sandbox = await runSandbox();
  const headers = { "sec-fetch-site": site };
  for (const path of ["/_sandbox/rd-station/grants", "/_sandbox", "/_sandbox/rd-station/nothing"]) {
    expect(await statusOf(`${sandbox.url}${path}`, { headers })).toBe(403);
  }
  const settings = `${sandbox.url}/_sandbox/rd-station/settings`;
  expect(await statusOf(settings, { headers: { "sec-fetch-site": "none" } })).toBe(200);
});

test("a person is sent to the dialog from another site, but only its own page submits the form", async () => {
  const sandbox = await runSandbox();
  const dialog = `${sandbox.base}/auth/dialog?${dialogQuery}`;
  const headers = { "sec-fetch-site": "cross-site" };
  expect(await statusOf(dialog, { headers })).toBe(200);
  expect(await statusOf(dialog, { method: "POST", headers })).toBe(403);
  expect(await statusOf(dialog, { method: "POST", headers: { "sec-fetch-site": "same-origin" } })).not.toBe(403);
});

test("nothing but the loopback address listens", async () => {
  const sandbox = await runSandbox();
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal)?.address;
  if (outside === undefined) return;
  await expect(fetch(sandbox.url.replace("localhost", outside))).rejects.toThrow();
});

test("the sandbox says who is there", async () => {
  const sandbox = await runSandbox();
  expect((await sandbox.send(`${sandbox.url}/_sandbox`)).json).toEqual({
    providers: ["rd-station", "rd-station-crm", "itflex"],
  });
  expect((await sandbox.send(`${sandbox.url}/`)).status).toBe(404);
});
