import { type CallbackInput, finishAuthorization } from "../../shared/broker/callback.ts";
import { importConnection } from "../../shared/broker/import-connection.ts";
import type { Invocation, Ports } from "../../shared/broker/ports.ts";
import { type AccessTokenRequest, readAccessToken } from "../../shared/broker/read-access-token.ts";
import { refreshNow } from "../../shared/broker/refresh-now.ts";
import { revoke } from "../../shared/broker/revoke.ts";
import { sweep } from "../../shared/broker/sweep.ts";
import { acme } from "./world.ts";

/** What is put to the test: ours, or one that is written as others write theirs. */
export type Broker = {
  readonly name: string;
  sweep(ports: Ports, invocation: Invocation): Promise<unknown>;
  read(ports: Ports, request: AccessTokenRequest, invocation: Invocation): Promise<unknown>;
  refresh(ports: Ports, invocation: Invocation): Promise<unknown>;
  revoke(ports: Ports, input: { readonly force: boolean }, invocation: Invocation): Promise<unknown>;
  import(ports: Ports, refreshToken: string, invocation: Invocation): Promise<unknown>;
  authorize(ports: Ports, input: CallbackInput, invocation: Invocation): Promise<unknown>;
};

/** The production code. */
export const chaveiro: Broker = {
  name: "chaveiro",
  sweep,
  read: (ports, request, invocation) => readAccessToken(ports, acme, request, invocation),
  refresh: (ports, invocation) => refreshNow(ports, acme, invocation),
  revoke: (ports, input, invocation) => revoke(ports, acme, input, invocation),
  import: (ports, refreshToken, invocation) =>
    importConnection(ports, acme, { refreshToken, origin: undefined }, invocation),
  authorize: (ports, input, invocation) => finishAuthorization(ports, input, invocation.endsAt),
};
