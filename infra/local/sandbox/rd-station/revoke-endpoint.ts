import type { Grant } from "../grants/grant-records.ts";
import { isReplaced } from "../grants/redemption-rules.ts";
import { jsonAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Performed } from "../http/endpoint.ts";
import { mediaType, present } from "../http/read-parameters.ts";
import type { ReceivedRequest } from "../http/received-request.ts";
import { judgeBearer, subjectOfBearer } from "./bearer.ts";
import { errorAnswer, missingMember, rdStationErrors } from "./error-answers.ts";
import type { RdStationState } from "./rd-station-state.ts";

/**
 * `POST /auth/revoke`, as "Como revogar acesso de token" describes it: a true form, and either token ends the whole
 * grant. JSON text in a form, as in the older page's sample, has no `token` in it.
 */
export function revokeEndpoint(state: RdStationState): Endpoint {
  return {
    name: "revoke",
    prepare: (request) => ({
      subject: subjectOfBearer(state, request),
      perform: () => revoke(state, request),
    }),
  };
}

function revoke(state: RdStationState, request: ReceivedRequest): Performed {
  const { envelope, revokeBearer } = state.settings();
  const bearer = judgeBearer(state, request);
  if (bearer.verdict !== "good" && !(bearer.verdict === "missing" && revokeBearer === "optional")) {
    return answered("unauthorized", errorAnswer(rdStationErrors.invalidToken, envelope));
  }
  if (!["application/x-www-form-urlencoded", ""].includes(mediaType(request))) {
    return answered("unsupported-media-type", errorAnswer(rdStationErrors.unsupportedMediaType, envelope));
  }
  const token = present(new URLSearchParams(request.body.toString())).get("token");
  if (token === undefined) return answered("missing-parameter", errorAnswer(missingMember("body.token"), envelope));
  const grant = liveGrantOf(state, token);
  if (grant === undefined) return answered("unknown-token", jsonAnswer(200, {}));
  state.grants.end(grant, "revocation-endpoint", state.now());
  return { ...answered("revoked", jsonAnswer(200, {})), learned: { account: grant.account, grant: grant.id } };
}

/** A token that is dead itself ends nothing: RFC 7009 §2.2 answers it like a good one. */
function liveGrantOf(state: RdStationState, value: string): Grant | undefined {
  const refreshToken = state.grants.refreshToken(value);
  const accessToken = state.accessTokens.read(value);
  const refreshLives = refreshToken !== undefined && !isReplaced(refreshToken, state.now());
  const accessLives = accessToken !== undefined && state.now() < accessToken.expiresAt;
  const id = refreshLives ? refreshToken.grantId : accessLives ? accessToken.grantId : "";
  const grant = state.grants.grant(id);
  return grant === undefined || grant.endedAt !== null ? undefined : grant;
}
