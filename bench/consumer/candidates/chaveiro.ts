import { createTokenClient } from "../../../shared/consumer/index.ts";
import type { Candidate } from "./candidate.ts";

const tokens = createTokenClient();

export const candidate: Candidate = {
  keyOf: (connection) => connection,
  read: (connection) => tokens.getAccessToken(connection),
  tokenOf: (token) => token,
};
