import { join } from "node:path";
import { Hono } from "hono";
import { type Controlled, controlRoutes, type Resettable } from "../control/control-routes.ts";
import { createFaultSwitchboard } from "../faults/fault-switchboard.ts";
import { createGrantBook } from "../grants/grant-book.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { type EndpointHost, serveEndpoint } from "../http/serve-endpoint.ts";
import { createRequestRecorder } from "../record/request-recorder.ts";
import type { SandboxEnv, SandboxProvider } from "../sandbox-provider.ts";
import { createJournal } from "../state/journal.ts";
import { createClientRegistration } from "../state/registered-client.ts";
import { createSettings } from "../state/settings.ts";
import { createAccessTokens } from "./access-token.ts";
import { dialogEndpoint } from "./dialog-endpoint.ts";
import { addRdStationControl } from "./rd-station-control.ts";
import { rdStationFaultAnswer } from "./rd-station-fault-answer.ts";
import { defaultRdStationSettings, rdStationSettingEntries } from "./rd-station-settings.ts";
import type { RdStationState } from "./rd-station-state.ts";
import { accountInfoEndpoint, contactsEndpoint } from "./resource-endpoints.ts";
import { revokeEndpoint } from "./revoke-endpoint.ts";
import { tokenEndpoint } from "./token-endpoint.ts";
import { otherEndpoint, redirectedEndpoint } from "./unrouted-endpoints.ts";

const appName = "Chaveiro";
const faultEndpoints = ["dialog", "token", "revoke", "account_info", "contacts"];

export type RdStationOptions = {
  /** undefined keeps everything in memory. */
  readonly dataDirectory: string | undefined;
  readonly tokenSeconds: number;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly redirectUris: readonly string[];
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/**
 * A fake of RD Station Marketing: dialog, token endpoint, revocation, account and contacts.
 *
 * What it issued, its settings and its client survive a restart; faults, counters and log do not.
 *
 * @throws where the data directory cannot be written.
 */
export function openRdStation(options: RdStationOptions): SandboxProvider {
  const { now, dataDirectory, client } = options;
  const journal = createJournal(dataDirectory === undefined ? undefined : join(dataDirectory, "rd-station.jsonl"));
  const settings = createSettings(journal, rdStationSettingEntries, defaultRdStationSettings(options.tokenSeconds));
  const state: RdStationState = {
    grants: createGrantBook(journal),
    client: createClientRegistration(journal, { ...client, redirectUris: options.redirectUris }),
    accessTokens: createAccessTokens(journal, appName),
    appName,
    settings: settings.get,
    now,
  };
  journal.open();
  state.accessTokens.prepareKey();

  const recorder = createRequestRecorder({ now, capacity: settings.get().logEntries });
  const faults = createFaultSwitchboard();
  const closing = new AbortController();

  function reset(what: readonly Resettable[]): void {
    if (what.includes("faults")) faults.set([]);
    if (what.includes("counters")) recorder.clear("counters");
    if (what.includes("log")) recorder.clear("log");
    if (what.includes("grants")) state.grants.clear();
    if (what.includes("settings")) {
      settings.forget();
      state.client.forget();
      recorder.log.resize(settings.get().logEntries);
    }
    journal.compact();
  }

  const controlled: Controlled<Parameters<typeof settings.change>[0]> = {
    endpoints: faultEndpoints,
    faults,
    recorder,
    grants: state.grants,
    settings,
    reset,
    now,
  };
  const control = controlRoutes(controlled);
  addRdStationControl(control, state);
  return {
    name: "rd-station",
    control,
    routes: endpointRoutes(state, {
      recorder,
      faults,
      faultAnswer: (fault, endpoint) => rdStationFaultAnswer(fault, endpoint, settings.get()),
      now,
      closing: closing.signal,
    }),
    close() {
      closing.abort();
      journal.close();
    },
  };
}

function endpointRoutes(state: RdStationState, host: EndpointHost): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  const serve = (endpoint: Endpoint) => serveEndpoint(endpoint, host);
  const dialog = serve(dialogEndpoint(state));
  const contacts = serve(contactsEndpoint(state));
  routes.get("/auth/dialog", dialog);
  routes.post("/auth/dialog", dialog);
  routes.post("/auth/token", serve(tokenEndpoint(state)));
  routes.post("/auth/revoke", serve(revokeEndpoint(state)));
  routes.get("/marketing/account_info", serve(accountInfoEndpoint(state)));
  routes.get("/platform/contacts", contacts);
  routes.get("/platform/contacts/:identifier", contacts);
  routes.all("/redirected", serve(redirectedEndpoint));
  routes.all("*", serve(otherEndpoint));
  return routes;
}
