import { createHash, randomBytes } from "node:crypto";
import { type Granted, redeemCode, redeemRefreshToken, subjectOfRedemption } from "../grants/redeem.ts";
import { jsonAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Finished, type Performed } from "../http/endpoint.ts";
import { type Parameters, present, readBodyParameters } from "../http/read-parameters.ts";
import { isClient } from "../state/registered-client.ts";
import { tokenHash } from "../token-hash.ts";
import { errorAnswer, missingMember, rdStationErrors } from "./error-answers.ts";
import type { RdStationState } from "./rd-station-state.ts";

/**
 * `POST /auth/token`, as "Obter tokens de acesso" and "Atualizar access token" describe it and existing clients use it:
 * JSON, form or multipart; parameters from the body, then from the query; whether it is a refresh is decided by the
 * presence of `refresh_token`, and `grant_type`, `token_by` and `redirect_uri` are ignored.
 */
export function tokenEndpoint(state: RdStationState): Endpoint {
  return {
    name: "token",
    async prepare(request) {
      const body = await readBodyParameters(request);
      if (typeof body === "string") {
        const error = body === "unparsable" ? rdStationErrors.unparsable : rdStationErrors.unsupportedMediaType;
        return { subject: {}, perform: () => answered(body, errorAnswer(error, state.settings().envelope)) };
      }
      const parameters = present([...body, ...request.query]);
      const presented = { refreshToken: parameters.get("refresh_token"), code: parameters.get("code") };
      const subject = subjectOfRedemption(state.grants, presented);
      return { subject, perform: (options) => redeem(state, parameters, options) };
    },
  };
}

type Options = { readonly keepRefreshToken: boolean };

function redeem(state: RdStationState, parameters: Parameters, options: Options): Performed {
  const { envelope } = state.settings();
  const clientId = parameters.get("client_id");
  const clientSecret = parameters.get("client_secret");
  const refreshToken = parameters.get("refresh_token");
  const code = parameters.get("code");
  const missing = (name: string) => answered("missing-parameter", errorAnswer(missingMember(`body.${name}`), envelope));
  if (clientId === undefined) return missing("client_id");
  if (clientSecret === undefined) return missing("client_secret");
  if (refreshToken === undefined && code === undefined) return missing("code");
  if (!isClient(state.client.get(), clientId, clientSecret)) {
    return answered("wrong-client", errorAnswer(rdStationErrors.wrongCredentials, envelope));
  }
  return refreshToken === undefined
    ? exchange(state, code ?? "", clientId)
    : refresh(state, refreshToken, clientId, options);
}

function exchange(state: RdStationState, value: string, clientId: string): Performed {
  const settings = state.settings();
  const redeemed = redeemCode(state.grants, value, { ...settings, clientId, now: state.now() });
  if (redeemed.verdict !== "good") {
    const error = redeemed.verdict === "expired" ? rdStationErrors.expiredCode : rdStationErrors.wrongCredentials;
    return answered(`${redeemed.verdict}-code`, errorAnswer(error, settings.envelope));
  }
  const { id: grant, account } = redeemed.grant;
  return { ...granted(state, "code-exchanged", redeemed), learned: { account, grant } };
}

function refresh(state: RdStationState, value: string, clientId: string, options: Options): Performed {
  const settings = state.settings();
  const redeemed = redeemRefreshToken(state.grants, value, { ...settings, ...options, clientId, now: state.now() });
  if (redeemed.verdict !== "good") {
    const refusal = errorAnswer(rdStationErrors.invalidRefreshToken, settings.envelope);
    return answered(`${redeemed.verdict}-refresh-token`, refusal);
  }
  return granted(state, "refreshed", redeemed);
}

function granted(state: RdStationState, outcome: string, { grant, refreshToken }: Granted): Performed {
  const { generation, hash } = refreshToken.record;
  const issued = { generation, refreshHash: hash };
  return { outcome, issued, finished: tokenAnswer(state, grant.id, refreshToken.value) };
}

/** Three members, and neither `token_type` nor `scope`: "Obter tokens de acesso". */
async function tokenAnswer(state: RdStationState, grantId: string, refreshToken: string): Promise<Finished> {
  const { tokenSeconds, equalTokens } = state.settings();
  const nonce = equalTokens ? createHash("sha256").update(grantId).digest().subarray(0, 16) : randomBytes(16);
  const minted = { grantId, nonce, lifeSeconds: tokenSeconds, now: state.now() };
  const accessToken = await state.accessTokens.mint(minted);
  const members = { access_token: accessToken, expires_in: tokenSeconds, refresh_token: refreshToken };
  return { answer: jsonAnswer(200, members), accessHash: tokenHash(accessToken) };
}
