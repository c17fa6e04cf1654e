import { redeemRefreshToken, subjectOfRedemption } from "../grants/redeem.ts";
import { jsonAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Performed } from "../http/endpoint.ts";
import { mediaType, type Parameters, readBodyParameters } from "../http/read-parameters.ts";
import type { ReceivedRequest } from "../http/received-request.ts";
import { tokenHash } from "../token-hash.ts";
import { setCookie } from "./cookies.ts";
import { customerOf, isKnownThere } from "./customer.ts";
import { deadKey, msgAnswer } from "./error-answers.ts";
import { type ItflexState, noClient } from "./itflex-state.ts";

/** What has no route. */
export const notFound = msgAnswer(404, "Not found");

/** `POST /api/v1/oauth2/token` and `POST /api/oauth2/token`: JSON, and `refresh_token` the only grant type. */
export function tokenEndpoint(state: ItflexState): Endpoint {
  return {
    name: "token",
    async prepare(request) {
      const isJson = mediaType(request) === "application/json";
      const body = isJson ? await readBodyParameters(request) : "unsupported-media-type";
      if (typeof body === "string")
        return { subject: {}, perform: () => answered(body, msgAnswer(400, "Invalid JSON")) };
      const customer = customerOf(request);
      const subject = subjectOfRedemption(state.grants, { refreshToken: body.get("refresh_token") });
      return {
        subject: { ...(customer === undefined ? {} : { account: customer }), ...subject },
        perform: (options) => redeem(state, request, body, options),
      };
    },
  };
}

function redeem(
  state: ItflexState,
  request: ReceivedRequest,
  parameters: Parameters,
  options: { readonly keepRefreshToken: boolean },
): Performed {
  const settings = state.settings();
  const absent = settings.tokenPath === (request.path.endsWith("/v1/oauth2/token") ? "unversioned" : "v1");
  if (absent) return answered("no-route", notFound);
  if (parameters.get("grant_type") !== "refresh_token") {
    return answered("wrong-grant-type", msgAnswer(400, "Invalid grant_type"));
  }
  const key = parameters.get("refresh_token");
  if (key === undefined) return answered("missing-parameter", msgAnswer(400, "Missing refresh_token"));
  const presented = state.grants.refreshToken(key);
  if (!isKnownThere(request, state.grants.grant(presented?.grantId ?? ""))) {
    return answered("unknown-refresh-token", deadKey(settings));
  }
  const now = state.now();
  const redeemed = redeemRefreshToken(state.grants, key, { ...settings, ...options, clientId: noClient, now });
  if (redeemed.verdict !== "good") return answered(`${redeemed.verdict}-refresh-token`, deadKey(settings));
  const { grant, refreshToken } = redeemed;
  const { generation, hash: refreshHash } = refreshToken.record;
  const accessToken = state.tokens.access({ grantId: grant.id, lifeSeconds: settings.tokenSeconds, now });
  const members = {
    refresh_token: refreshToken.value,
    access_token: accessToken,
    expires_in: settings.tokenSeconds,
  };
  const cookies = [setCookie.refreshToken(refreshToken.value), setCookie.accessToken(accessToken)];
  return {
    outcome: "refreshed",
    issued: { generation, refreshHash },
    finished: { answer: jsonAnswer(200, members, { "set-cookie": cookies }), accessHash: tokenHash(accessToken) },
  };
}
