import type { Candidate } from "./candidate.ts";
import { readSecret } from "./read-secret.ts";

export const candidate: Candidate = {
  keyOf: (connection) => connection,
  read: async (connection) => (await readSecret(connection)).access_token,
  tokenOf: (token) => token,
};
