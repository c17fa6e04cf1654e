import { Hono } from "hono";
import * as v from "valibot";
import { type FaultKind, faultSchema, makesSense, type WireFault } from "../faults/fault.ts";
import type { FaultSwitchboard, SetFault } from "../faults/fault-switchboard.ts";
import type { SandboxEnv } from "../sandbox-provider.ts";
import { ControlError, readControlBody } from "./control-body.ts";
import { camelKeys, snakeKeys } from "./wire-names.ts";

const bodySchema = v.strictObject({ faults: v.pipe(v.array(faultSchema), v.maxLength(1000)) });

/**
 * `GET` and `PUT /faults`. A PUT replaces the list; an empty one clears it.
 *
 * @param provider.endpoints that a fault can be limited to.
 * @param provider.withoutFaults those that mean nothing at the provider.
 */
export function faultRoutes(
  faults: FaultSwitchboard,
  provider: { readonly endpoints: readonly string[]; readonly withoutFaults: readonly FaultKind[] },
): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.get("/", (c) => c.json({ faults: faults.list().map(wireFault) }));
  routes.put("/", async (c) => {
    const body = await readControlBody(c, bodySchema);
    for (const [index, fault] of body.faults.entries()) check(fault, `faults.${index}`, provider);
    return c.json({ faults: faults.set(body.faults.map((fault) => camelKeys(fault))).map(wireFault) });
  });
  return routes;
}

function check(fault: WireFault, path: string, provider: Parameters<typeof faultRoutes>[1]): void {
  const { endpoint, kind } = fault;
  const { endpoints, withoutFaults } = provider;
  if (withoutFaults.includes(kind)) throw new ControlError(400, `Member "${path}.kind": "${kind}" means nothing here.`);
  if (endpoint === undefined) return;
  if (!endpoints.includes(endpoint)) {
    throw new ControlError(400, `Member "${path}.endpoint": "${endpoint}" is none of ${endpoints.join(", ")}.`);
  }
  if (!makesSense(kind, endpoint)) {
    throw new ControlError(400, `Member "${path}.endpoint": "${kind}" means nothing at "${endpoint}".`);
  }
}

function wireFault({ fault, hits, left }: SetFault): object {
  return { ...snakeKeys(fault), hits, left };
}
