import { describe, expect, it } from "vitest";
import { answerCallback, answerResult, answerStart } from "../../../../shared/runtime/pages/authorization-pages.ts";
import { awaitResult } from "../../../../shared/runtime/pages/await-result.ts";
import { type Page, renderPage } from "../../../../shared/runtime/pages/page.ts";
import { acme, type BrokerWorld, brokerWorld } from "../../../support/broker-world.ts";

const publicUrl = "https://broker.example";

/** What an answer says to whoever looks at it, and to the log: its page, and the rows of facts on that. */
function told(answer: ReturnType<typeof answerStart>) {
  if (!("key" in answer)) throw new Error("This is no page.");
  const page: Page = answer;
  const { body = "" } = renderPage({ reference: "0123456789abcdef", ...page }, "en");
  const rows = [...body.matchAll(/<dt>(.*?)<\/dt><dd><bdi>(.*?)<\/bdi>/g)].map(([, name, value]) => [name, value]);
  return { key: page.key, connection: page.connection, rows, body };
}

const theProviderAlone = [["Platform", "RD Station Marketing"]];
const theAccountToo = [...theProviderAlone, ["Identifier", "acme"]];

describe("whoever holds a ticket", () => {
  const opened = async (world: BrokerWorld, ticket: string) =>
    told(answerStart(await world.start(ticket), world.provider, publicUrl));

  it("is told whose account it is for, once it has expired", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket({ expiresInSeconds: 60 });
    world.clock.advance(60_000);
    expect(await opened(world, ticket)).toMatchObject({ key: "ticket_expired", connection: acme, rows: theAccountToo });
  });

  it("is told whose account it was for, once it is spent", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket();
    await (await world.authorizing(ticket))({ code: world.server.code() });
    expect(await opened(world, ticket)).toMatchObject({ key: "ticket_spent", connection: acme, rows: theAccountToo });
  });

  it("is told whose account it is for, while it has been opened too often", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket();
    for (let count = 0; count < 20; count++) await world.start(ticket);
    expect(await opened(world, ticket)).toMatchObject({ key: "too_many", connection: acme, rows: theAccountToo });
  });

  it("that nobody issued is told of no account", async () => {
    const world = brokerWorld();
    await world.ticket();
    const page = await opened(world, "guessed");
    expect(page).toMatchObject({ key: "ticket_unknown", connection: undefined, rows: theProviderAlone });
    expect(page.body).not.toContain("acme");
  });
});

describe("whoever comes back from the provider", () => {
  async function started() {
    const world = brokerWorld();
    const callback = await world.authorizing(await world.ticket());
    const back = async (input: Parameters<typeof callback>[0]) =>
      told(answerCallback(await callback({ code: world.server.code(), ...input }), world.provider, publicUrl));
    return { world, back };
  }

  it("too late is told whose account it was, in the browser that began", async () => {
    const { world, back } = await started();
    world.clock.advance(600_000);
    expect(await back({})).toMatchObject({ key: "state_expired", connection: acme, rows: theAccountToo });
  });

  it.each([
    ["no cookie, in time", undefined, 0],
    ["no cookie, too late", undefined, 600_000],
    ["another browser's cookie, in time", "x".repeat(43), 0],
    ["another browser's cookie, too late", "x".repeat(43), 600_000],
  ])("with %s is told of no account", async (_, binding, milliseconds) => {
    const { world, back } = await started();
    world.clock.advance(milliseconds);
    const page = await back({ binding });
    expect(page).toMatchObject({ key: "other_browser", connection: undefined, rows: theProviderAlone });
    expect(page.body).not.toContain("acme");
  });

  it("with a state that nobody knows is told of no account", async () => {
    const { back } = await started();
    const page = await back({ state: "guessed" });
    expect(page).toMatchObject({ key: "state_unknown", connection: undefined, rows: theProviderAlone });
    expect(page.body).not.toContain("acme");
  });
});

it("whoever asks for a result that is not there is told of no account", async () => {
  const world = brokerWorld();
  await world.authorizing(await world.ticket());
  const [pending = ""] = world.authorizations.requests.keys();
  for (const reference of [pending, "0".repeat(32)]) {
    const result = await awaitResult(world.ports, world.provider, reference);
    const page = told(answerResult(result, world.provider, publicUrl));
    expect(page).toMatchObject({ key: "result_unknown", connection: undefined, rows: theProviderAlone });
    expect(page.body).not.toContain("acme");
  }
});
