import type { CallbackInput } from "../../shared/broker/callback.ts";
import { createTicket } from "../../shared/broker/create-ticket.ts";
import type { Invocation, Ports } from "../../shared/broker/ports.ts";
import { type AccessTokenRequest, fingerprint } from "../../shared/broker/read-access-token.ts";
import { startAuthorization } from "../../shared/broker/start-authorization.ts";
import type { Broker } from "./broker.ts";
import { chaveiro } from "./broker.ts";
import type { Purpose } from "./monitor.ts";
import type { ProviderKind } from "./provider-kinds.ts";
import type { EffectWatcher } from "./worker-ports.ts";
import { atOnce, type Scheduler, workerPorts } from "./worker-ports.ts";
import { acme, createWorld, secretName, stored, type World } from "./world.ts";

/** How things stand before anybody starts. */
export type Beginning =
  | "unconnected"
  | "connected"
  | "due"
  | "expired"
  /** A process died in the middle of a refresh, a while ago. */
  | "crashed"
  | "revoking"
  | "revoked";

/** What a worker is there to do. */
export type Task =
  | "sweep"
  | "reader"
  | "rejecting reader"
  /** Wants more life than a token that is due has left. */
  | "demanding reader"
  | "operator"
  | "revoke"
  | "force revoke"
  | "import"
  | "callback"
  /** The same redirect as the first callback's, a second time. */
  | "same callback";

export type Scenario = {
  readonly name: string;
  readonly beginning: Beginning;
  readonly tasks: readonly Task[];
  /** True where each call of publishing is a step of its own. */
  readonly publishes: boolean;
};

const purposes: Readonly<Record<Task, Purpose>> = {
  sweep: "refresh",
  reader: "refresh",
  "rejecting reader": "refresh",
  "demanding reader": "refresh",
  operator: "refresh",
  revoke: "revoke",
  "force revoke": "revoke",
  import: "import",
  callback: "authorize",
  "same callback": "authorize",
};

/** A scenario at one provider, ready to be run any number of times from copies of its world. */
export type Prepared = {
  readonly scenario: Scenario;
  readonly world: World;
  readonly purposes: readonly Purpose[];
  /** It was being revoked before anybody started. */
  readonly wasRevoked: boolean;
  /** Refresh tokens that workers hand in. */
  readonly handedIn: ReadonlySet<string>;
  /** What each worker that reads asks for. */
  readonly requests: readonly (AccessTokenRequest | undefined)[];
  work(broker: Broker, worker: number, ports: Ports): Promise<unknown>;
};

/** Brings about a scenario's beginning with the production code, and what its workers bring along. */
export async function prepare(scenario: Scenario, kind: ProviderKind): Promise<Prepared> {
  const world = createWorld(kind);
  const ports = workerPorts(world, "setup", atOnce(world), unwatched);
  await begin(scenario.beginning, world, ports);
  world.now += 1_000;
  const published = world.versions.read(secretName);
  const accessToken = published !== undefined && "access_token" in published ? published.access_token : "";
  const tokens = scenario.tasks.map((task) => (task === "import" ? world.server.handOut() : ""));
  const callbacks: (CallbackInput | undefined)[] = [];
  for (const task of scenario.tasks) {
    const isCallback = task === "callback" || task === "same callback";
    const first = task === "same callback" ? callbacks.find((callback) => callback !== undefined) : undefined;
    callbacks.push(isCallback ? (first ?? (await openAuthorization(world, ports))) : undefined);
  }
  const requests = scenario.tasks.map((task) => readerRequest(task, accessToken));
  world.now += 1_000;
  return {
    scenario,
    world,
    requests,
    purposes: scenario.tasks.map((task) => purposes[task]),
    wasRevoked: scenario.beginning === "revoking" || scenario.beginning === "revoked",
    handedIn: new Set(tokens.filter((token) => token !== "")),
    work(broker, worker, workersPorts) {
      const task = scenario.tasks[worker] as Task;
      const seconds = task === "sweep" ? 60 : 25;
      const invocation: Invocation = { actor: task, endsAt: workersPorts.clock.now() + seconds * 1000 };
      switch (task) {
        case "sweep":
          return broker.sweep(workersPorts, { ...invocation, actor: "schedule" });
        case "reader":
        case "rejecting reader":
        case "demanding reader":
          return broker.read(workersPorts, requests[worker] as AccessTokenRequest, invocation);
        case "operator":
          return broker.refresh(workersPorts, invocation);
        case "revoke":
        case "force revoke":
          return broker.revoke(workersPorts, { force: task === "force revoke" }, invocation);
        case "import":
          return broker.import(workersPorts, tokens[worker] ?? "", invocation);
        case "callback":
        case "same callback":
          return broker.authorize(workersPorts, callbacks[worker] as CallbackInput, invocation);
      }
    },
  };
}

/** @param accessToken the one that is published when everybody starts */
function readerRequest(task: Task, accessToken: string): AccessTokenRequest | undefined {
  switch (task) {
    case "reader":
      return { minimumSeconds: undefined, rejected: undefined };
    case "rejecting reader":
      return { minimumSeconds: undefined, rejected: fingerprint(accessToken) };
    case "demanding reader":
      return { minimumSeconds: 60_000, rejected: undefined };
    default:
      return undefined;
  }
}

const unwatched: EffectWatcher = {
  saw: () => undefined,
  wrote: () => undefined,
  sent: () => undefined,
  redeemed: () => undefined,
  exchanged: () => undefined,
  revoked: () => undefined,
  published: () => undefined,
  logged: () => undefined,
};

async function begin(beginning: Beginning, world: World, ports: Ports): Promise<void> {
  if (beginning === "unconnected") return;
  const minutes = (count: number): Invocation => ({ actor: "setup", endsAt: world.now + count * 60_000 });
  await chaveiro.import(ports, world.server.handOut(), minutes(1));
  const connection = stored(world);
  if (connection === undefined) throw new Error("The connection was not made.");
  switch (beginning) {
    case "connected":
      return;
    case "due":
      world.now = connection.refreshAt ?? 0;
      return;
    case "expired":
      world.now = (connection.expiresAt ?? 0) + 1;
      return;
    case "crashed":
      world.now = connection.refreshAt ?? 0;
      return die(world, minutes(1));
    case "revoking":
      await chaveiro.revoke(unavailable(ports), { force: false }, minutes(1));
      return;
    case "revoked":
      await chaveiro.revoke(ports, { force: false }, minutes(1));
      return;
  }
}

/** A refresh whose process died with the request on its way, a while ago. The refresh token was not spent. */
async function die(world: World, invocation: Invocation): Promise<void> {
  let isDead = false;
  const alive = atOnce(world);
  const call: Scheduler["call"] = (one) => (isDead ? new Promise(() => undefined) : alive.call(one));
  const ports = workerPorts(world, "dead", { ...alive, call }, unwatched);
  await new Promise<void>((resolve) => {
    const fetch = () => {
      isDead = true;
      resolve();
      return new Promise<Response>(() => undefined);
    };
    void chaveiro.sweep({ ...ports, fetchFor: () => fetch }, invocation);
  });
  world.now += 60_000;
}

function unavailable(ports: Ports): Ports {
  return { ...ports, fetchFor: () => async () => new Response("<html>", { status: 503 }) };
}

/** A ticket that was opened, and a person who has said yes. @returns what brings their browser back */
async function openAuthorization(world: World, ports: Ports): Promise<CallbackInput> {
  const request = { returnTo: undefined, expiresInSeconds: undefined, allowOtherAccount: false };
  const { authorizationUrl } = await createTicket(ports, acme, request);
  const ticket = new URL(authorizationUrl).searchParams.get("ticket") ?? "";
  const started = await startAuthorization(ports, { provider: world.provider.id, ticket, binding: undefined });
  if (started.kind !== "redirect") throw new Error(`The ticket could not be opened: ${started.kind}.`);
  const state = new URL(started.url).searchParams.get("state") ?? "";
  const { binding } = started;
  return { provider: world.provider.id, state, code: world.server.issueCode(), error: undefined, binding };
}
