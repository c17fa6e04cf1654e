import middy from "@middy/core";
import secretsManager from "@middy/secrets-manager";
import type { PublishedToken } from "../../../shared/broker/published-secret.ts";
import { onlyConnection } from "../sample-connections.ts";
import type { Candidate } from "./candidate.ts";

type Context = { readonly secret?: PublishedToken };

const handler = middy(async (_event: unknown, { secret }: Context) => secret?.access_token ?? "").use(
  secretsManager({
    fetchData: { secret: `chaveiro/${onlyConnection}` },
    cacheExpiry: 3_600_000,
    setToContext: true,
  }),
);

/** Which secret is read stands in the code. Without the context's clock middy sets no timer: this is the least it does. */
export const candidate: Candidate = {
  keyOf: (connection) => connection,
  read: () => handler({}, {}),
  tokenOf: (token) => token,
};
