import { describe, expect, it } from "vitest";
import { createLook } from "../../../../infra/local/console/look.ts";
import type { Metadata } from "../../../../infra/local/console/state.ts";
import { fingerprint } from "../../../../shared/broker/read-access-token.ts";

const soon = () => new Date(Date.now() + 3_600_000).toISOString();

function connection(account: string, change: Partial<Metadata> = {}): Metadata {
  return {
    provider: "rd-station",
    account,
    label: null,
    status: "active",
    reason: null,
    origin: "http://localhost:3/rd-station",
    generation: 1,
    expires_at: soon(),
    refresh_at: soon(),
    last_refresh: { at: null, outcome: null, code: null },
    created_at: soon(),
    updated_at: soon(),
    secret_name: null,
    ...change,
  };
}

/** The local stack by what it answers: connections in pages, their tokens, and events. It counts what it is asked. */
function stackOf(connections: readonly Metadata[], events = 0) {
  const asked: string[] = [];
  const answer = (url: URL): unknown => {
    if (url.pathname === "/_local/events") {
      const after = Number(url.searchParams.get("after"));
      const detail = { provider: "rd-station", account: "acme" };
      return {
        events: Array.from({ length: events - after }, (_, index) => ({
          number: after + index + 1,
          time: soon(),
          detail_type: "connection.authorized",
          detail,
        })),
      };
    }
    if (url.pathname === "/v1/connections") {
      const [from, limit] = [Number(url.searchParams.get("cursor") ?? 0), Number(url.searchParams.get("limit"))];
      const to = from + limit;
      return {
        connections: connections.slice(from, to),
        next_cursor: to < connections.length ? String(to) : null,
      };
    }
    if (url.pathname.endsWith("/settings")) return { rotation: "same", token_seconds: 60 };
    if (url.pathname.endsWith("/faults")) return { faults: [] };
    const account = url.pathname.split("/")[4];
    const { generation } = connections.find((each) => each.account === account) ?? connection("nobody");
    return { access_token: `token of ${account}`, issued_at: soon(), generation };
  };
  const provider = { id: "rd-station", name: "RD Station Marketing", hasApprovalPage: true, endedByHand: null };
  const look = (isSandbox = true) =>
    createLook({
      brokerUrl: "http://127.0.0.1:1",
      awsUrl: "http://127.0.0.1:2",
      sandboxUrl: "http://localhost:3",
      providers: [{ ...provider, isSandbox }],
      fetch: async (input) => {
        const url = new URL(String(input));
        asked.push(url.pathname);
        return Response.json(answer(url));
      },
    });
  const tokensRead = () => asked.filter((path) => path.endsWith("/access-token")).length;
  return { look, asked, tokensRead };
}

const accounts = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`);

describe("a look", () => {
  it.each([
    [99, 100, 99, false],
    [100, 100, 100, false],
    [101, 100, 100, true],
    [2_000, 100, 100, true],
    [101, 200, 101, false],
    [2_000, 300, 300, true],
  ])("at %i connections, asked for %i, shows %i of them", async (all, most, shown, hasMore) => {
    const stack = stackOf(accounts(all).map((account) => connection(account)));
    const { connections } = await stack.look()(most);
    expect(connections).toMatchObject({ hasMore, problem: null });
    expect(connections.connections.map(({ account }) => account)).toEqual(accounts(shown));
    expect(stack.asked.filter((path) => path === "/v1/connections").length).toBeLessThanOrEqual(most / 100 + 1);
  });

  it("reads 20 tokens at once, and each only once", async () => {
    const stack = stackOf(accounts(45).map((account) => connection(account)));
    const look = stack.look();
    const known: number[] = [];
    for (let looks = 0; looks < 4; looks++) {
      const { connections } = (await look(100)).connections;
      known.push(connections.filter(({ token }) => token !== null).length);
    }
    expect(known).toEqual([20, 40, 45, 45]);
    expect(stack.tokensRead()).toBe(45);
  });

  it("tells of a token nothing that it could be used with", async () => {
    const state = await stackOf([connection("acme")]).look()(100);
    expect(state.connections.connections[0]?.token).toEqual({
      generation: 1,
      issued_at: expect.any(String),
      fingerprint: fingerprint("token of acme"),
    });
    expect(JSON.stringify(state)).not.toContain("token of acme");
  });

  it.each(["reauthorization_required", "revoking", "revoked"] as const)(
    "reads no token of what is %s",
    async (status) => {
      const stack = stackOf([connection("acme", { status })]);
      await stack.look()(100);
      expect(stack.tokensRead()).toBe(0);
    },
  );

  it("keeps the newest 40 events, and asks for later ones alone", async () => {
    const look = stackOf([], 60).look();
    const numbers = async () => (await look(100)).events.map(({ number }) => number);
    expect(await numbers()).toEqual(Array.from({ length: 40 }, (_, index) => 60 - index));
    expect(await numbers()).toHaveLength(40);
  });

  it("asks a provider that is the real one for no switches", async () => {
    const stack = stackOf([]);
    expect((await stack.look(false)(100)).providers).toMatchObject([{ id: "rd-station", sandbox: null }]);
    expect(stack.asked.filter((path) => path.startsWith("/_sandbox"))).toEqual([]);
    expect((await stack.look(true)(100)).providers).toMatchObject([{ sandbox: { rotation: "same" } }]);
  });
});
