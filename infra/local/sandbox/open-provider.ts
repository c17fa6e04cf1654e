import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { Hono } from "hono";
import type * as v from "valibot";
import { controlRoutes, type Resettable } from "./control/control-routes.ts";
import type { IssuedByHand } from "./control/refresh-token-routes.ts";
import type { FaultKind } from "./faults/fault.ts";
import { type FaultAnswers, faultAnswer, redirectedPath } from "./faults/fault-answer.ts";
import { createFaultSwitchboard } from "./faults/fault-switchboard.ts";
import { createGrantBook, type GrantBook, type TokenShapes } from "./grants/grant-book.ts";
import type { Answer } from "./http/answer.ts";
import type { Endpoint } from "./http/endpoint.ts";
import { type EndpointHost, serveEndpoint } from "./http/serve-endpoint.ts";
import { otherEndpoint, redirectedEndpoint } from "./http/unrouted-endpoints.ts";
import { createRequestRecorder } from "./record/request-recorder.ts";
import type { SandboxEnv, SandboxProvider } from "./sandbox-provider.ts";
import type { commonSettingEntries } from "./state/common-settings.ts";
import { createJournal, type Journal } from "./state/journal.ts";
import { createSettings, type Settings, type SettingsOf } from "./state/settings.ts";

/** What every provider is opened with. */
export type ProviderOptions = {
  /** undefined keeps everything in memory. */
  readonly dataDirectory: string | undefined;
  readonly tokenSeconds: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

export type ProviderStores = {
  readonly tokenShapes: TokenShapes;
};

/** What the endpoints of a provider are built on. */
export type ProviderCore<Entries extends v.ObjectEntries, Stores> = {
  readonly stores: Stores;
  readonly grants: GrantBook;
  readonly settings: Settings<Entries>;
};

export type Route = {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly endpoint: Endpoint;
};

/** What one provider is, beside the machinery that all share. */
export type ProviderDefinition<Entries extends v.ObjectEntries, Stores extends ProviderStores> = {
  readonly name: string;
  readonly settingEntries: Entries;
  readonly defaultSettings: SettingsOf<Entries>;
  /** Joins the stores of its own to the journal. */
  stores(journal: Journal): Stores;
  /** Nothing has been read from the journal yet. */
  build(core: ProviderCore<Entries, Stores>): ProviderParts;
};

export type ProviderParts = {
  readonly routes: readonly Route[];
  /** The answer to what has no route. */
  readonly noRoute: Answer;
  readonly faultAnswers: FaultAnswers;
  /** Faults that say nothing here. */
  readonly withoutFaults?: readonly FaultKind[];
  readonly issuedByHand: IssuedByHand;
  /** Life of a refresh token that is not used; undefined for ever. */
  readonly idleSeconds?: () => number;
  readonly dialogPath?: string;
  /** The journal has been read. */
  opened?(): void;
  /** Forgets what was changed at run time and is reset with the settings. */
  forgetSettings?(): void;
  /** Forgets what was issued, beside the grants. */
  forgetGrants?(): void;
  addControl?(routes: Hono<SandboxEnv>): void;
};

/**
 * Opens a provider: its journal, settings, faults, counters and log, with the endpoints of its own.
 *
 * What it issued and its settings survive a restart; faults, counters and log do not.
 *
 * @throws where the data directory cannot be written.
 */
export function openProvider<const Entries extends v.ObjectEntries, Stores extends ProviderStores>(
  definition: ProviderDefinition<Entries, Stores>,
  { dataDirectory, now }: Pick<ProviderOptions, "dataDirectory" | "now">,
): SandboxProvider {
  const { name } = definition;
  const journal = createJournal(dataDirectory === undefined ? undefined : join(dataDirectory, `${name}.jsonl`));
  const settings = createSettings(journal, definition.settingEntries, definition.defaultSettings);
  const stores = definition.stores(journal);
  const grants = createGrantBook(journal, stores.tokenShapes);
  const parts = definition.build({ stores, grants, settings });
  journal.open();
  parts.opened?.();

  // Among the common settings of every provider, which an open type does not show.
  const logEntries = () => (settings.get() as object as SettingsOf<typeof commonSettingEntries>).logEntries;
  const recorder = createRequestRecorder({ now, capacity: logEntries() });
  const faults = createFaultSwitchboard();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);

  function reset(what: readonly Resettable[]): void {
    if (what.includes("faults")) faults.set([]);
    if (what.includes("counters")) recorder.clear("counters");
    if (what.includes("log")) recorder.clear("log");
    if (what.includes("grants")) {
      grants.clear();
      parts.forgetGrants?.();
    }
    if (what.includes("settings")) {
      settings.forget();
      parts.forgetSettings?.();
      recorder.log.resize(logEntries());
    }
    journal.compact();
  }

  const control = controlRoutes({
    endpoints: [...new Set(parts.routes.map(({ endpoint }) => endpoint.name))],
    withoutFaults: parts.withoutFaults ?? [],
    faults,
    recorder,
    grants,
    issuedByHand: parts.issuedByHand,
    idleSeconds: () => parts.idleSeconds?.(),
    settings: { schema: settings.schema, get: settings.get, change: settings.change, logEntries },
    reset,
    now,
  });
  parts.addControl?.(control);
  const host: EndpointHost = {
    recorder,
    faults,
    faultAnswer: (fault, endpoint) => faultAnswer(fault, endpoint, name, parts.faultAnswers),
    now,
    closing: closing.signal,
  };
  return {
    name,
    control,
    routes: endpointRoutes(parts, host),
    dialogPath: parts.dialogPath,
    close() {
      closing.abort();
      journal.close();
    },
  };
}

function endpointRoutes(parts: ProviderParts, host: EndpointHost): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  for (const { method, path, endpoint } of parts.routes) routes.on(method, path, serveEndpoint(endpoint, host));
  routes.all(redirectedPath, serveEndpoint(redirectedEndpoint, host));
  routes.all("*", serveEndpoint(otherEndpoint(parts.noRoute), host));
  return routes;
}
