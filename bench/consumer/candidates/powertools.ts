import { getSecret } from "@aws-lambda-powertools/parameters/secrets";
import type { PublishedToken } from "../../../shared/broker/published-secret.ts";
import type { Candidate } from "./candidate.ts";

const options = { maxAge: 3600, transform: "json" } as const;

export const candidate: Candidate<unknown> = {
  keyOf: (connection) => `chaveiro/${connection}`,
  read: (name) => getSecret(name, options),
  tokenOf: (secret) => (secret as PublishedToken).access_token,
};
