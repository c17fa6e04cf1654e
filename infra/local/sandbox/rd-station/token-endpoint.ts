import { createHash, randomBytes } from "node:crypto";
import type { IssuedRefreshToken } from "../grants/grant-book.ts";
import type { Grant } from "../grants/grant-records.ts";
import { judgeCode, judgeRefreshToken, planRotation } from "../grants/redemption-rules.ts";
import { jsonAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Finished, type Performed, type Subject } from "../http/endpoint.ts";
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
      return { subject: subjectOf(state, parameters), perform: (options) => redeem(state, parameters, options) };
    },
  };
}

function subjectOf(state: RdStationState, parameters: Parameters): Subject {
  const presented = parameters.get("refresh_token");
  if (presented !== undefined) {
    const token = state.grants.refreshToken(presented);
    const grant = state.grants.grant(token?.grantId ?? "");
    return {
      redeems: "refresh_token",
      presentedHash: tokenHash(presented),
      ...(token === undefined ? {} : { generation: token.generation }),
      ...(grant === undefined ? {} : { account: grant.account, grant: grant.id }),
    };
  }
  const code = parameters.get("code");
  if (code === undefined) return {};
  const account = state.grants.code(code)?.account;
  return { redeems: "code", presentedHash: tokenHash(code), ...(account === undefined ? {} : { account }) };
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
  const { envelope, codeSeconds, reauthorization } = state.settings();
  const now = state.now();
  const code = state.grants.code(value);
  const verdict = judgeCode(code, { clientId, codeSeconds, now });
  if (code === undefined || verdict === "unknown") {
    return answered("unknown-code", errorAnswer(rdStationErrors.wrongCredentials, envelope));
  }
  if (verdict === "expired") return answered("expired-code", errorAnswer(rdStationErrors.expiredCode, envelope));
  const earlier =
    reauthorization === "separate"
      ? []
      : [...state.grants.grants()].filter((grant) => isLiveGrantOf(grant, code.account, clientId));
  const joined = reauthorization === "same-grant" ? earlier.at(-1) : undefined;
  const { grant, refreshToken } = state.grants.redeemCode(code, joined, now);
  if (reauthorization === "replaces") for (const old of earlier) state.grants.end(old, "new-authorization", now);
  const learned = { account: grant.account, grant: grant.id };
  return { ...granted(state, "code-exchanged", grant, refreshToken), learned };
}

function isLiveGrantOf(grant: Grant, account: string, clientId: string): boolean {
  return grant.endedAt === null && grant.account === account && grant.clientId === clientId;
}

function refresh(state: RdStationState, value: string, clientId: string, options: Options): Performed {
  const { envelope, rotation, graceSeconds, familyRevocation } = state.settings();
  const now = state.now();
  const presented = state.grants.refreshToken(value);
  const judged = judgeRefreshToken(presented, state.grants.grant(presented?.grantId ?? ""), { clientId, now });
  if (judged.verdict !== "good") {
    if (judged.verdict === "dead" && familyRevocation) state.grants.end(judged.grant, "reuse", now);
    return answered(`${judged.verdict}-refresh-token`, errorAnswer(rdStationErrors.invalidRefreshToken, envelope));
  }
  const { token, grant } = judged;
  const plan = planRotation(token, { rotation: options.keepRefreshToken ? "same" : rotation, graceSeconds, now });
  const issued = plan.issueNew ? state.grants.rotate(token, grant, plan.diesAt) : { value, record: token };
  return granted(state, "refreshed", grant, issued);
}

function granted(state: RdStationState, outcome: string, grant: Grant, refreshToken: IssuedRefreshToken): Performed {
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
