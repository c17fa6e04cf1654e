import { type Granted, redeemCode, redeemRefreshToken, subjectOfRedemption } from "../grants/redeem.ts";
import { jsonAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Performed, type Prepared } from "../http/endpoint.ts";
import { mediaType, type Parameters, present } from "../http/read-parameters.ts";
import type { ReceivedRequest } from "../http/received-request.ts";
import { isClient } from "../state/registered-client.ts";
import { tokenHash } from "../token-hash.ts";
import type { CrmState } from "./crm-state.ts";
import { deadGrant, notStored, oauthError, wrongClient, wrongRedirectUri } from "./error-answers.ts";

/**
 * `POST /oauth2/token`, as CRM v2's authentication pages show it: a form, and RFC 6749's parameters. What is no form has
 * no parameters. The order of the checks is that of Kong's oauth2 plugin.
 */
export function tokenEndpoint(state: CrmState): Endpoint {
  return {
    name: "token",
    prepare(request): Prepared {
      const form = mediaType(request) === "application/x-www-form-urlencoded";
      const parameters: Parameters = form ? present(new URLSearchParams(request.body.toString())) : new Map();
      const code = parameters.get("code");
      const refreshToken = parameters.get("refresh_token");
      const presented = parameters.get("grant_type") === "refresh_token" ? { refreshToken } : { code };
      return {
        subject: subjectOfRedemption(state.grants, presented),
        perform: (options) => redeem(state, parameters, credentialsOf(request, parameters), options),
      };
    },
  };
}

type Credentials = { readonly clientId: string; readonly clientSecret: string; readonly basic: boolean };
type Options = { readonly keepRefreshToken: boolean };

function credentialsOf(request: ReceivedRequest, parameters: Parameters): Credentials {
  const encoded = /^\s*basic\s+(\S+)\s*$/i.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) {
    const [clientId = "", clientSecret = ""] = [parameters.get("client_id"), parameters.get("client_secret")];
    return { clientId, clientSecret, basic: false };
  }
  const [, clientId = "", clientSecret = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString()) ?? [];
  return { clientId, clientSecret, basic: true };
}

function redeem(state: CrmState, parameters: Parameters, credentials: Credentials, options: Options): Performed {
  const { clientId, clientSecret, basic } = credentials;
  const grantType = parameters.get("grant_type");
  if (grantType !== "authorization_code" && grantType !== "refresh_token") {
    return answered("wrong-grant-type", oauthError(400, "unsupported_grant_type", "Invalid grant_type"));
  }
  if (!isClient(state.client.get(), clientId, clientSecret)) return answered("wrong-client", wrongClient(basic));
  return grantType === "refresh_token"
    ? refresh(state, parameters.get("refresh_token") ?? "", clientId, options)
    : exchange(state, parameters, clientId);
}

function exchange(state: CrmState, parameters: Parameters, clientId: string): Performed {
  const settings = state.settings();
  if (!state.client.get().redirectUris.includes(parameters.get("redirect_uri") ?? "")) {
    return answered("wrong-redirect-uri", wrongRedirectUri);
  }
  const input = { ...settings, clientId, now: state.now() };
  const redeemed = redeemCode(state.grants, parameters.get("code") ?? "", input);
  if (redeemed.verdict !== "good") return answered(`${redeemed.verdict}-code`, deadGrant("code", settings));
  const { id: grant, account } = redeemed.grant;
  return { ...granted(state, "code-exchanged", redeemed), learned: { account, grant } };
}

function refresh(state: CrmState, value: string, clientId: string, options: Options): Performed {
  const settings = state.settings();
  const input = { ...settings, ...options, clientId, now: state.now(), idleSeconds: settings.refreshTokenSeconds };
  const redeemed = redeemRefreshToken(state.grants, value, input);
  if (redeemed.verdict === "good") return granted(state, "refreshed", redeemed);
  return answered(`${redeemed.verdict}-refresh-token`, deadGrant("refresh_token", settings));
}

function granted(state: CrmState, outcome: string, { grant, refreshToken }: Granted): Performed {
  const { tokenSeconds } = state.settings();
  const { hash, generation } = refreshToken.record;
  const issue = { grantId: grant.id, pairedWith: hash, lifeSeconds: tokenSeconds, now: state.now() };
  const accessToken = state.accessTokens.issue(issue);
  const members = {
    access_token: accessToken,
    token_type: "bearer",
    expires_in: tokenSeconds,
    refresh_token: refreshToken.value,
  };
  return {
    outcome,
    issued: { generation, refreshHash: hash },
    finished: { answer: jsonAnswer(200, members, notStored), accessHash: tokenHash(accessToken) },
  };
}
