import * as v from "valibot";
import { tokenHash } from "../token-hash.ts";
import type { Journal } from "./journal.ts";
import { keepValue } from "./kept-value.ts";

const schema = v.object({
  clientId: v.string(),
  secretHash: v.string(),
  redirectUris: v.array(v.string()),
  /** In force until the change has propagated. */
  earlierRedirectUris: v.array(v.string()),
  /** Epoch milliseconds; 0 for callbacks registered long ago. */
  redirectUrisChangedAt: v.number(),
});

/** The app as the provider knows it. */
export type RegisteredClient = Readonly<v.InferOutput<typeof schema>>;

export type ClientChange = {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly redirectUris?: readonly string[];
};

export type ClientRegistration = {
  get(): RegisteredClient;
  change(change: ClientChange, propagationSeconds: number, now: number): RegisteredClient;
  forget(): void;
};

/**
 * Keeps the one client that is registered at a provider; its secret as a hash.
 *
 * @param initial what the sandbox was started with: in force, except for what has been changed at run time since.
 */
export function createClientRegistration(journal: Journal, initial: Required<ClientChange>): ClientRegistration {
  const started: RegisteredClient = {
    clientId: initial.clientId,
    secretHash: tokenHash(initial.clientSecret),
    redirectUris: [...initial.redirectUris],
    earlierRedirectUris: [],
    redirectUrisChangedAt: 0,
  };
  const changed = keepValue(journal, "client", v.partial(schema), {});
  const get = (): RegisteredClient => ({ ...started, ...changed.get() }) as RegisteredClient;
  return {
    get,
    forget: changed.forget,
    change(change, propagationSeconds, now) {
      changed.set({
        ...changed.get(),
        ...(change.clientId === undefined ? {} : { clientId: change.clientId }),
        ...(change.clientSecret === undefined ? {} : { secretHash: tokenHash(change.clientSecret) }),
        ...(change.redirectUris === undefined
          ? {}
          : {
              redirectUris: [...change.redirectUris],
              earlierRedirectUris: [...effectiveRedirectUris(get(), propagationSeconds, now)],
              redirectUrisChangedAt: now,
            }),
      });
      return get();
    },
  };
}

/** @returns the callbacks in force: the earlier ones until a change has propagated. `now`: epoch milliseconds. */
export function effectiveRedirectUris(
  client: RegisteredClient,
  propagationSeconds: number,
  now: number,
): readonly string[] {
  const propagated = now >= client.redirectUrisChangedAt + propagationSeconds * 1000;
  return propagated ? client.redirectUris : client.earlierRedirectUris;
}

/** @returns whether both credentials are the client's. */
export function isClient(client: RegisteredClient, clientId: string, clientSecret: string): boolean {
  return client.clientId === clientId && client.secretHash === tokenHash(clientSecret);
}
