import { afterAll, beforeAll, expect, it } from "vitest";
import { authorize, browser, decide } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, type StackClient, stackClient } from "../support/stack-client.ts";

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "3600" });
  client = stackClient(stack);
}, 90_000);
afterAll(() => stack?.dispose(), 30_000);

it("an authorization survives a kill between the redirect and the callback", async () => {
  const person = browser();
  const { authorization_url: link } = await client.ticket("patient");
  const { callbackUrl } = await decide(person, link, { account: "Patient" });
  await stack.kill();
  await stack.start();
  expect((await person.open(callbackUrl)).body).toContain("Conta conectada");
  expect(await client.metadata("patient")).toMatchObject({ status: "active", label: "Patient", generation: 1 });
}, 120_000);

it("a ticket survives a kill before it was ever opened", async () => {
  const { authorization_url: link } = await client.ticket("unopened");
  await stack.kill();
  await stack.start();
  await authorize(browser(), link, { account: "Unopened" });
  expect((await client.metadata("unopened")).status).toBe("active");
}, 120_000);

it.each([
  ["before the provider has taken the code", false],
  ["after the provider has taken the code", true],
])(
  "a callback whose process dies %s says what to do, and the link can be opened again",
  async (_, processed) => {
    const account = processed ? "cut-after" : "cut-before";
    const person = browser();
    const { authorization_url: link } = await client.ticket(account);
    const { callbackUrl } = await decide(person, link, { account });
    await client.sandbox.reset(["counters"]);
    await client.sandbox.faults([{ kind: "delay", endpoint: "token", milliseconds: 5_000, processed }]);
    const cut = person.request(callbackUrl).catch((error: unknown) => error);
    await eventually(async () =>
      processed
        ? (await client.sandbox.grants(account)).length > 0
        : ((await client.sandbox.counters()).requests["token"]?.total ?? 0) > 0,
    );
    await stack.kill();
    expect(await cut).toBeInstanceOf(Error);
    await stack.start();

    // Nobody can know yet that the exchange is dead and not slow, so at first the page asks for patience.
    const page = await eventually(async () => {
      const visit = await person.open(callbackUrl);
      expect(visit.status).toBe(200);
      return visit.body.includes("Conectando") ? undefined : visit;
    }, 120);
    expect(page.body).toContain("Algo deu errado do nosso lado");
    expect(page.body).toContain("Abra de novo o link");
    expect((await client.call("GET", `/v1/connections/rd-station/${account}`)).status).toBe(404);
    expect((await client.sandbox.log()).filter(({ redeems }) => redeems === "code")).toEqual([]);

    expect((await authorize(person, link, { account })).body).toContain("Conta conectada");
    expect(await client.metadata(account)).toMatchObject({ status: "active", label: account, generation: 1 });
  },
  240_000,
);
