import { type SecretVersions, versionedPublisher } from "../../shared/aws/versioned-publisher.ts";
import type { Connection } from "../../shared/broker/connection.ts";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import type { ConnectionStore } from "../../shared/broker/connection-store.ts";
import type { LogFields, Ports, Settings } from "../../shared/broker/ports.ts";
import type { Fetch } from "../../shared/oauth/http.ts";
import { memoryClientCredentials } from "../support/memory-client-credentials.ts";
import { ignoredMetrics } from "../support/memory-metrics.ts";
import { memoryVault } from "../support/memory-vault.ts";
import { type HttpAnswer, type Redemption, refusal, secretMark } from "./authorization-server.ts";
import { type Call, Fault } from "./execution.ts";
import { type Fate, faultsOf } from "./fates.ts";
import { hashData, hashText } from "./hash.ts";
import type { World } from "./world.ts";

/** Runs a worker's call: at once, or when a schedule lets it. */
export type Scheduler = {
  call(call: Call): Promise<unknown>;
  sleep(milliseconds: number): Promise<void>;
  /** What the due index shows. A hint: here it names the connection whether it is due or not. */
  due(): Promise<readonly ConnectionId[]>;
};

/** Everything happens at once, and well. */
export function atOnce(world: World): Scheduler {
  return {
    call: (call) => call.perform("ok"),
    sleep: async (milliseconds) => {
      world.now += milliseconds;
    },
    due: () => world.connections.due({ provider: world.provider.id, now: world.now, limit: 10 }),
  };
}

/** Told of every effect at the moment it happens. */
export type EffectWatcher = {
  saw(connection: Connection | undefined): void;
  wrote(before: Connection | undefined, after: Connection): void;
  sent(refreshToken: string): void;
  redeemed(redemption: Redemption, fate: Fate): void;
  exchanged(answer: HttpAnswer): void;
  revoked(): void;
  published(before: string | undefined, after: string | undefined): void;
  logged(text: string): void;
};

export const settings: Settings = {
  publish: new Set(["rd-station"]),
  prefix: "chaveiro",
  publicUrl: "https://broker.example",
  returnToOrigins: new Set(),
  installUrl: undefined,
};

/** What a schedule can tell apart. */
export type Grain = {
  /** False where publishing is one step, true where each of its calls is one. */
  readonly publishes: boolean;
  /** False where only one worker knows the tickets and requests, so that nobody can see when it reads and writes them. */
  readonly authorizations: boolean;
};

/**
 * The ports of one process over the world that all share.
 *
 * @param name begins the ids that this process makes
 */
export function workerPorts(
  world: World,
  name: string,
  scheduler: Scheduler,
  watcher: EffectWatcher,
  grain: Grain = { publishes: false, authorizations: false },
): Ports {
  const { provider } = world;
  let count = 0;

  const run = <Result>(
    port: string,
    faults: readonly Fate[],
    work: () => Promise<Result>,
    describe: (result: Result) => number = describeResult,
  ): Promise<Result> =>
    scheduler.call({
      name: port,
      faults,
      isLocal: isLocal(faults),
      perform: () => work(),
      describe: (result) => describe(result as Result),
    }) as Promise<Result>;

  /** Every method of a port, as calls of one sort. */
  const around = <Port extends object>(port: Port, prefix: string, faults: (method: string) => readonly Fate[]): Port =>
    ({
      ...port,
      ...Object.fromEntries(
        Object.entries(port)
          .filter(([, method]) => typeof method === "function")
          .map(([method, original]) => [
            method,
            (...input: readonly unknown[]) =>
              run(`${prefix}.${method}`, faults(method), async () => original(...input)),
          ]),
      ),
    }) as Port;

  const readOrWrite = (method: string) => (method.startsWith("read") ? faultsOf.read : faultsOf.write);
  const local = () => faultsOf.local;
  const credentials = memoryClientCredentials({
    clock: { now: () => world.now },
    stored: { [provider.id]: { clientId: "client", clientSecret: `client-${secretMark}` } },
  });
  const clock = { now: () => world.now, sleep: scheduler.sleep };
  const random = {
    id: () => `${name}-${++count}`,
    secret: () => `${name}-${secretMark}-${++count}`.padEnd(43, "x"),
    // No jitter: time that passes without meaning makes states differ without meaning.
    fraction: () => 0,
  };
  const watched = watchedVersions(world, watcher);
  const publishing = (versions: SecretVersions) => versionedPublisher({ versions, clock, random });
  const log = (_message: string, fields: LogFields) => {
    const { error, ...rest } = fields;
    watcher.logged(JSON.stringify(rest) + String(error instanceof Error ? error.name : error));
  };

  const fetch = fetchPort(world, scheduler, watcher);
  return {
    connections: storePort(world, run, scheduler, watcher),
    authorizations: around(
      world.authorizations,
      "authorizations",
      grain.authorizations ? readOrWrite : (method) => (method.startsWith("read") ? faultsOf.local : faultsOf.unseen),
    ),
    vault: around(memoryVault(name), "vault", local),
    publisher: grain.publishes
      ? publishing(around(watched, "secret", readOrWrite))
      : around(publishing(watched), "publisher", () => faultsOf.write),
    clientCredentials: { ...around(credentials, "credentials", local), forget: credentials.forget },
    // Nobody reads what was sent, and its order means nothing: every other call commutes with it.
    events: around(world.events, "events", () => faultsOf.unseen),
    providerHealth: around(world.health, "health", local),
    providers: new Map([[provider.id, provider]]),
    fetchFor: () => fetch,
    clock,
    random,
    log: { debug: log, info: log, warn: log, error: log },
    metrics: ignoredMetrics,
    settings,
    readOrigin: (text) => text,
  };
}

type Run = <Result>(
  port: string,
  faults: readonly Fate[],
  work: () => Promise<Result>,
  describe?: (result: Result) => number,
) => Promise<Result>;

function storePort(world: World, run: Run, scheduler: Scheduler, watcher: EffectWatcher): ConnectionStore {
  const { connections } = world;
  return {
    read: (id) =>
      run("connections.read", faultsOf.read, () => {
        watcher.saw(connections.items.get(id)?.connection);
        return connections.read(id);
      }),
    write: (id, write) =>
      run("connections.write", faultsOf.write, async () => {
        const before = connections.items.get(id)?.connection;
        const written = connections.write(id, write);
        const after = connections.items.get(id)?.connection;
        if (after !== undefined && after !== before) watcher.wrote(before, after);
        watcher.saw(after);
        return written;
      }),
    discharge: (id, input) => run("connections.discharge", faultsOf.write, () => connections.discharge(id, input)),
    removeUnconnected: (id, sequence) =>
      run("connections.remove", faultsOf.write, () => connections.removeUnconnected(id, sequence)),
    due: () => run("connections.due", faultsOf.local, () => scheduler.due()),
    list: (input) => run("connections.list", faultsOf.local, () => connections.list(input)),
  };
}

function watchedVersions(world: World, watcher: EffectWatcher): SecretVersions {
  const { versions } = world;
  const watched =
    <Input extends readonly unknown[], Result>(work: (name: string, ...input: Input) => Promise<Result>) =>
    async (name: string, ...input: Input): Promise<Result> => {
      const before = versions.secrets.get(name)?.current;
      const result = await work(name, ...input);
      watcher.published(before, versions.secrets.get(name)?.current);
      return result;
    };
  return {
    readCurrent: versions.readCurrent,
    create: watched(versions.create),
    putPending: watched(versions.putPending),
    moveCurrent: watched(versions.moveCurrent),
  };
}

/** The provider over HTTP. Asking for the label is best effort and changes nothing: nobody else can see it. */
function fetchPort(world: World, scheduler: Scheduler, watcher: EffectWatcher): Fetch {
  const request = async (name: string, faults: readonly Fate[], act: (fate: Fate) => HttpAnswer): Promise<Response> => {
    const answer = await scheduler
      .call({
        name,
        faults,
        isLocal: faults === faultsOf.local,
        perform: async (fate) => {
          if (fate === "reset") throw transportError("ECONNRESET");
          if (fate === "gateway page") return { status: 502, body: "<html>Bad gateway</html>" };
          if (fate === "limited") return { status: 429, body: '{"error":"rate limit"}' };
          if (fate === "wrong client") return refusal("ACCESS_DENIED");
          const done = act(fate);
          return fate === "unreadable" ? { status: 200, body: "<html>" } : done;
        },
        describe: (result) => hashText(JSON.stringify(result)),
      })
      .catch((error: unknown) => {
        throw error instanceof Fault ? transportError(error.wasDone ? "ECONNRESET" : "ECONNREFUSED") : error;
      });
    const { status, body } = answer as HttpAnswer;
    return new Response(body, { status });
  };
  return async (input, init) => {
    const { pathname } = new URL(String(input));
    const bearer = new Headers(init?.headers).get("authorization")?.slice("Bearer ".length) ?? "";
    const body = typeof init?.body === "string" ? init.body : "";
    const { server } = world;
    if (pathname === "/auth/revoke") {
      return request("provider.revoke", faultsOf.revocationRequest, () => {
        watcher.revoked();
        return server.revoke(bearer, world.now);
      });
    }
    if (pathname !== "/auth/token") {
      return request("provider.label", faultsOf.local, () => ({ status: 200, body: '{"name":"Acme Ltda."}' }));
    }
    const { refresh_token: refreshToken, code = "" } = JSON.parse(body) as Readonly<Record<string, string>>;
    if (refreshToken === undefined) {
      return request("provider.exchange", faultsOf.tokenRequest, () => {
        const answer = server.exchange(code, world.now);
        watcher.exchanged(answer);
        return answer;
      });
    }
    watcher.sent(refreshToken);
    return request("provider.redeem", faultsOf.tokenRequest, (fate) => {
      const redemption = server.redeem(refreshToken, world.now);
      watcher.redeemed(redemption, fate);
      return redemption.answer;
    });
  };
}

function transportError(code: string): TypeError {
  return Object.assign(new TypeError("fetch failed"), {
    cause: { code, syscall: code === "ECONNREFUSED" ? "connect" : "read" },
  });
}

function isLocal(faults: readonly Fate[]): boolean {
  return faults === faultsOf.local || faults === faultsOf.unseen;
}

/** A connection is looked at where it is stored, once; all else as text. */
function describeResult(result: unknown): number {
  if (typeof result === "object" && result !== null && Object.isFrozen(result)) return hashData(result);
  return hashText(result instanceof Set ? [...result].join() : (JSON.stringify(result) ?? ""));
}
