import type { Hono } from "hono";
import * as v from "valibot";
import { ControlError, readControlBody } from "../control/control-body.ts";
import { camelKeys } from "../control/wire-names.ts";
import type { SandboxEnv } from "../sandbox-provider.ts";
import { accountNameSchema } from "../state/common-settings.ts";
import { effectiveRedirectUris } from "../state/registered-client.ts";
import { shortHash } from "../token-hash.ts";
import type { AuthorizationState } from "./authorization-state.ts";
import { approve, isRegistered } from "./dialog-endpoint.ts";

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(2000));
const approvalSchema = v.strictObject({
  account: accountNameSchema,
  redirect_uri: v.exactOptional(text),
  state: v.exactOptional(v.string()),
});
const clientSchema = v.strictObject({
  client_id: v.exactOptional(text),
  client_secret: v.exactOptional(text),
  redirect_uris: v.exactOptional(v.pipe(v.array(text), v.maxLength(100))),
});

/** `PUT /approvals`: an account authorizes the app, without a browser. `GET` and `PUT /client`: the app as registered. */
export function addAuthorizationControl(routes: Hono<SandboxEnv>, state: AuthorizationState): void {
  routes.put("/approvals", async (c) => {
    const body = await readControlBody(c, approvalSchema);
    const redirectUri = body.redirect_uri ?? state.client.get().redirectUris[0];
    if (redirectUri === undefined || !isRegistered(state, redirectUri)) {
      throw new ControlError(400, `Member "redirect_uri": not a registered callback that has propagated.`);
    }
    return c.json({ account: body.account, ...approve(state, body.account, { redirectUri, state: body.state }) });
  });
  routes.get("/client", (c) => c.json(wireClient(state)));
  routes.put("/client", async (c) => {
    const change = camelKeys(await readControlBody(c, clientSchema));
    state.client.change(change, state.settings().propagationSeconds, state.now());
    return c.json(wireClient(state));
  });
}

function wireClient(state: AuthorizationState): object {
  const client = state.client.get();
  const { propagationSeconds } = state.settings();
  return {
    client_id: client.clientId,
    client_secret_hash: shortHash(client.secretHash),
    redirect_uris: client.redirectUris,
    effective_redirect_uris: effectiveRedirectUris(client, propagationSeconds, state.now()),
  };
}
