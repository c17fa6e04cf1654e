import { codeAuthorizationUrl } from "../../shared/oauth/authorization-url.ts";
import { classifyRefusal } from "../../shared/oauth/classify-refusal.ts";
import { clientSecretBasic } from "../../shared/oauth/client-authentication.ts";
import { readRetryAfter } from "../../shared/oauth/retry-after.ts";
import { revocationRequest } from "../../shared/oauth/revocation-request.ts";
import { codeTokenRequest, refreshTokenRequest } from "../../shared/oauth/token-request.ts";
import type { CentralProvider } from "../../shared/providers/provider.ts";

/** An authorization server that does what the RFCs say, with PKCE. */
export const example: CentralProvider = {
  id: "example",
  name: "Example",
  origin: "https://auth.example.com",
  defaultLifeSeconds: 3_600,
  rotation: "single-use-family",

  authorizationUrl: ({ origin, ...request }) => codeAuthorizationUrl(`${origin}/auth`, request, "contacts"),

  codeRequest: ({ origin, client, ...grant }) => codeTokenRequest(`${origin}/token`, clientSecretBasic(client), grant),

  refreshRequest: ({ origin, client, refreshToken }) =>
    refreshTokenRequest(`${origin}/token`, clientSecretBasic(client), refreshToken),

  classify: classifyRefusal,

  retryAfter: ({ headers }, now) => readRetryAfter(headers, now),

  revocation: {
    needsLiveAccessToken: false,
    request: ({ origin, client, refreshToken }) =>
      revocationRequest(`${origin}/token/revocation`, clientSecretBasic(client), refreshToken),
  },
};
