import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browser, decide } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";

const app = "https://app.example";
const installUrl = `${app}/install?from=rd-station`;
let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({
    SWEEP_SECONDS: "3600",
    SANDBOX_TOKEN_SECONDS: "3600",
    INSTALL_URL: installUrl,
    RETURN_TO_ORIGINS: `${app}, http://127.0.0.1:3000`,
  });
  client = stackClient(stack);
}, 90_000);
afterAll(() => stack?.dispose(), 30_000);
beforeEach(() => client.sandbox.reset(["faults", "counters", "log"]));

async function begin(account: string, returnTo: string, options = {}) {
  const { authorization_url: link } = await client.ticket(account, { return_to: returnTo, ...options });
  const person = browser();
  const { callbackUrl } = await decide(person, link, { account });
  return { person, link, callbackUrl };
}

describe("the page that the integrator wants a person to return to", () => {
  it.each([
    [`${app}/done`, `${app}/done?connection=rd-station%2Freturning&result=authorized`],
    [app, `${app}/?connection=rd-station%2Freturning&result=authorized`],
    [`${app}/?a=1&b=x%26y`, `${app}/?a=1&b=x%26y&connection=rd-station%2Freturning&result=authorized`],
    [`${app}/#/tab`, `${app}/?connection=rd-station%2Freturning&result=authorized#/tab`],
    [`${app}/?result=forged`, `${app}/?result=authorized&connection=rd-station%2Freturning`],
    ["http://127.0.0.1:3000/x", "http://127.0.0.1:3000/x?connection=rd-station%2Freturning&result=authorized"],
  ])("%s is told that the account was connected", async (returnTo, expected) => {
    const { person, callbackUrl } = await begin("returning", returnTo);
    const answer = await person.request(callbackUrl);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(expected);
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    // Reloading the callback ends there once more.
    expect((await person.request(callbackUrl)).headers.get("location")).toBe(expected);
  });

  it("is told that it was declined", async () => {
    const { person, callbackUrl } = await begin("declining", `${app}/done`);
    const declined = new URL(callbackUrl);
    declined.searchParams.delete("code");
    declined.searchParams.set("error", "access_denied");
    expect((await person.request(declined.href)).headers.get("location")).toBe(
      `${app}/done?connection=rd-station%2Fdeclining&result=declined`,
    );
  });

  it.each([
    ["the provider does not answer", { kind: "server-error", endpoint: "token" }],
    ["the provider refuses the code", { kind: "wrong-client" }],
  ])("is told that it failed where %s", async (_, fault) => {
    const { person, callbackUrl } = await begin("failing", `${app}/done`);
    await client.sandbox.faults([fault]);
    expect((await person.request(callbackUrl)).headers.get("location")).toBe(
      `${app}/done?connection=rd-station%2Ffailing&result=failed`,
    );
  });

  it("is told that it failed where another account was authorized", async () => {
    await client.connect("wrong", "Right");
    const { authorization_url: link } = await client.ticket("wrong", { return_to: `${app}/done` });
    const person = browser();
    const { callbackUrl } = await decide(person, link, { account: "Wrong" });
    expect((await person.request(callbackUrl)).headers.get("location")).toBe(
      `${app}/done?connection=rd-station%2Fwrong&result=failed`,
    );
  });

  it("is not returned to by somebody who did not begin", async () => {
    const { callbackUrl } = await begin("guarded", `${app}/done`);
    for (const url of [callbackUrl, callbackUrl.replace(/state=[^&]*/, "state=unknown")]) {
      const answer = await browser().request(url);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get("location")).toBeNull();
    }
  });

  it("is told nothing but that: no code, no state, no ticket", async () => {
    const { person, link, callbackUrl } = await begin("discreet", `${app}/done`);
    const location = (await person.request(callbackUrl)).headers.get("location") ?? "";
    const secrets = [...new URL(callbackUrl).searchParams.values(), new URL(link).searchParams.get("ticket")];
    for (const secret of secrets) expect(location).not.toContain(secret);
  });
});

describe("an installation that began in the app store", () => {
  it("exchanges nothing, and goes to the integrator's own page without any parameter", async () => {
    const { code } = await client.sandbox.approve("Installer");
    const answer = await browser().request(`${stack.brokerUrl}/auth/rd-station/callback?code=${code}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(installUrl);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.body).toBe("");
    expect(await client.sandbox.log({ endpoint: "token" })).toEqual([]);
  });

  it("goes there also with parameters of its own, and takes none along", async () => {
    const url = `${stack.brokerUrl}/auth/rd-station/callback?code=abc&account=1&return_to=https://evil.example`;
    expect((await browser().request(url)).headers.get("location")).toBe(installUrl);
  });

  it("of a provider that nobody knows goes nowhere", async () => {
    const answer = await browser().request(`${stack.brokerUrl}/auth/nobody/callback?code=abc`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("location")).toBeNull();
  });

  it.each(["error=access_denied", "code=abc&state="])(
    "is also a callback with %j, which nobody here started",
    async (query) => {
      const answer = await browser().request(`${stack.brokerUrl}/auth/rd-station/callback?${query}`);
      expect([answer.status, answer.headers.get("location")]).toEqual([303, installUrl]);
    },
  );

  it.each(["code=", "code=abc&error=access_denied", ""])("is not what a callback with %j is", async (query) => {
    const answer = await browser().request(`${stack.brokerUrl}/auth/rd-station/callback?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
  });
});
