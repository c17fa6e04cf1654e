import { Hono } from "hono";
import * as v from "valibot";
import type { GrantBook } from "../grants/grant-book.ts";
import type { Grant } from "../grants/grant-records.ts";
import { isIdle, isReplaced } from "../grants/redemption-rules.ts";
import type { RedemptionWitness } from "../record/redemption-witness.ts";
import type { SandboxEnv } from "../sandbox-provider.ts";
import { ControlError, checked, readControlBody } from "./control-body.ts";

const ended = v.literal(false, "a grant can only be ended; to begin one, authorize the account again");
const endOneSchema = v.strictObject({ alive: ended });
const endOfAccountSchema = v.strictObject({ account: v.string(), alive: ended });
const querySchema = v.strictObject({
  account: v.exactOptional(v.string()),
  alive: v.exactOptional(v.picklist(["true", "false"])),
});

/** `GET /grants`, `GET` and `PUT /grants/{id}`, and `PUT /grants` for all of an account: a user removes the app. */
export function grantRoutes(
  grants: GrantBook,
  witness: RedemptionWitness,
  now: () => number,
  idleSeconds: () => number | undefined,
): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();

  function wire(grant: Grant): object {
    const alive = grant.endedAt === null;
    const at = { now: now(), idleSeconds: idleSeconds() };
    const live = grants.refreshTokensOf(grant.id).filter((token) => !isReplaced(token, at.now) && !isIdle(token, at));
    return {
      id: grant.id,
      account: grant.account,
      client_id: grant.clientId,
      alive,
      live_refresh_tokens: alive ? live.length : 0,
      generation: grant.generation,
      redemptions: witness.totalsOfGrants().get(grant.id)?.redeemed ?? 0,
      created_at: grant.createdAt,
      revoked_at: grant.endedAt,
      revoked_by: grant.endedBy,
    };
  }

  function known(id: string): Grant {
    const grant = grants.grant(id);
    if (grant === undefined) throw new ControlError(404, `There is no grant "${id}".`);
    return grant;
  }

  routes.get("/", (c) => {
    const { account, alive } = checked(querySchema, c.req.query());
    const found = [...grants.grants()].filter(
      (grant) =>
        (account === undefined || grant.account === account) &&
        (alive === undefined || (grant.endedAt === null) === (alive === "true")),
    );
    return c.json({ grants: found.map(wire) });
  });
  routes.put("/", async (c) => {
    const { account } = await readControlBody(c, endOfAccountSchema);
    const found = [...grants.grants()].filter((grant) => grant.account === account && grant.endedAt === null);
    return c.json({ grants: found.map((grant) => wire(grants.end(grant, "user", now()))) });
  });
  routes.get("/:id", (c) => c.json(wire(known(c.req.param("id")))));
  routes.put("/:id", async (c) => {
    await readControlBody(c, endOneSchema);
    return c.json(wire(grants.end(known(c.req.param("id")), "user", now())));
  });
  return routes;
}
