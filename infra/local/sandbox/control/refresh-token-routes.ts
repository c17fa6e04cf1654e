import { Hono } from "hono";
import * as v from "valibot";
import type { GrantBook } from "../grants/grant-book.ts";
import type { SandboxEnv } from "../sandbox-provider.ts";
import { accountNameSchema } from "../state/common-settings.ts";
import { readControlBody } from "./control-body.ts";

const bodySchema = v.strictObject({ account: accountNameSchema });

export type IssuedByHand = {
  /** To which client the grant belongs. */
  clientId(): string;
  /** What else the person who takes the token needs. `port`: of the sandbox. */
  readonly details?: (account: string, port: string) => object;
};

/** `PUT /refresh-tokens`: the refresh token of a new grant, as somebody holds it who got it somewhere else. */
export function refreshTokenRoutes(grants: GrantBook, issued: IssuedByHand, now: () => number): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.put("/", async (c) => {
    const { account } = await readControlBody(c, bodySchema);
    const { grant, refreshToken } = grants.begin({ account, clientId: issued.clientId(), now: now() });
    const { port } = new URL(c.req.url);
    return c.json({
      account,
      grant: grant.id,
      refresh_token: refreshToken.value,
      ...issued.details?.(account, port),
    });
  });
  return routes;
}
