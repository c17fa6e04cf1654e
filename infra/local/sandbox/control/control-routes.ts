import { Hono } from "hono";
import * as v from "valibot";
import type { FaultKind } from "../faults/fault.ts";
import type { FaultSwitchboard } from "../faults/fault-switchboard.ts";
import type { GrantBook } from "../grants/grant-book.ts";
import type { RequestRecorder } from "../record/request-recorder.ts";
import type { SandboxEnv } from "../sandbox-provider.ts";
import { ControlError, readControlBody } from "./control-body.ts";
import { faultRoutes } from "./fault-routes.ts";
import { grantRoutes } from "./grant-routes.ts";
import { logRoutes } from "./log-routes.ts";
import { type IssuedByHand, refreshTokenRoutes } from "./refresh-token-routes.ts";
import { snakeKeys } from "./wire-names.ts";

const resettable = ["faults", "settings", "grants", "counters", "log"] as const;
export type Resettable = (typeof resettable)[number];
const resetSchema = v.strictObject({ only: v.exactOptional(v.array(v.picklist(resettable))) });

/** What the control routes that every provider has work on. */
export type Controlled<Change> = {
  /** Those that a fault can be limited to. */
  readonly endpoints: readonly string[];
  /** Faults that mean nothing at this provider. */
  readonly withoutFaults: readonly FaultKind[];
  readonly faults: FaultSwitchboard;
  readonly recorder: RequestRecorder;
  readonly grants: GrantBook;
  readonly issuedByHand: IssuedByHand;
  /** Life of a refresh token that is not used; undefined for ever. */
  idleSeconds(): number | undefined;
  readonly settings: {
    readonly schema: v.GenericSchema<unknown, Change>;
    get(): object;
    change(change: Change): object;
    logEntries(): number;
  };
  reset(what: readonly Resettable[]): void;
  readonly now: () => number;
};

/**
 * The control API of one provider, below `/_sandbox/{provider}`. Bodies and answers are JSON in snake_case, times epoch
 * milliseconds; what cannot be done is answered `{"error": sentence}`.
 */
export function controlRoutes<Change>(controlled: Controlled<Change>): Hono<SandboxEnv> {
  const { recorder, settings } = controlled;
  const routes = new Hono<SandboxEnv>();
  routes.onError((error, c) => {
    if (error instanceof ControlError) return c.json({ error: error.message }, error.status);
    return c.json({ error: String(error) }, 500);
  });
  routes.route("/faults", faultRoutes(controlled.faults, controlled));
  routes.route("/log", logRoutes(recorder, settings.logEntries));
  const { grants, now } = controlled;
  routes.route("/grants", grantRoutes(grants, recorder.witness, now, controlled.idleSeconds));
  routes.route("/refresh-tokens", refreshTokenRoutes(grants, controlled.issuedByHand, now));
  routes.get("/settings", (c) => c.json(snakeKeys(settings.get())));
  routes.put("/settings", async (c) => {
    const changed = settings.change(await readControlBody(c, settings.schema));
    recorder.log.resize(settings.logEntries());
    return c.json(snakeKeys(changed));
  });
  routes.get("/counters", (c) => c.json(counters(controlled)));
  routes.put("/reset", async (c) => {
    const { only } = await readControlBody(c, resetSchema);
    const what = only ?? resettable;
    controlled.reset(what);
    return c.json({ reset: what });
  });
  return routes;
}

function counters<Change>({ recorder, grants }: Controlled<Change>): object {
  const ofGrants = [...recorder.witness.totalsOfGrants()].map(([id, totals]) => [
    id,
    { account: grants.grant(id)?.account ?? null, ...snakeKeys(totals) },
  ]);
  return {
    run: recorder.run,
    since: recorder.since(),
    requests: recorder.counters.counts(),
    redemptions: snakeKeys(recorder.witness.totals()),
    grants: Object.fromEntries(ofGrants),
  };
}
