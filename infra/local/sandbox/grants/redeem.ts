import type { Subject } from "../http/endpoint.ts";
import { tokenHash } from "../token-hash.ts";
import type { GrantBook, IssuedRefreshToken } from "./grant-book.ts";
import type { Grant } from "./grant-records.ts";
import { judgeCode, judgeRefreshToken, planRotation, type Rotation } from "./redemption-rules.ts";

export type Granted = {
  readonly verdict: "good";
  readonly grant: Grant;
  readonly refreshToken: IssuedRefreshToken;
};

/** @returns whom a token request is about, for the log and the faults; nothing is redeemed. */
export function subjectOfRedemption(
  grants: GrantBook,
  presented: { readonly refreshToken?: string | undefined; readonly code?: string | undefined },
): Subject {
  const { refreshToken, code } = presented;
  if (refreshToken !== undefined) {
    const token = grants.refreshToken(refreshToken);
    const grant = grants.grant(token?.grantId ?? "");
    return {
      redeems: "refresh_token",
      presentedHash: tokenHash(refreshToken),
      ...(token === undefined ? {} : { generation: token.generation }),
      ...(grant === undefined ? {} : { account: grant.account, grant: grant.id }),
    };
  }
  if (code === undefined) return {};
  const account = grants.code(code)?.account;
  return { redeems: "code", presentedHash: tokenHash(code), ...(account === undefined ? {} : { account }) };
}

/**
 * Turns a code into a grant, or into another refresh token of the grant that its account has.
 *
 * @returns `expired` also for a code that was redeemed before.
 */
export function redeemCode(
  grants: GrantBook,
  value: string,
  input: {
    readonly clientId: string;
    readonly now: number;
    readonly codeSeconds: number;
    readonly reauthorization: "separate" | "same-grant" | "replaces";
  },
): Granted | { readonly verdict: "unknown" | "expired" } {
  const { clientId, now, reauthorization } = input;
  const code = grants.code(value);
  const verdict = judgeCode(code, input);
  if (code === undefined || verdict !== "good") return { verdict: verdict === "expired" ? "expired" : "unknown" };
  const earlier =
    reauthorization === "separate"
      ? []
      : [...grants.grants()].filter((grant) => isLiveGrantOf(grant, code.account, clientId));
  const joined = reauthorization === "same-grant" ? earlier.at(-1) : undefined;
  const redeemed = grants.redeemCode(code, joined, now);
  if (reauthorization === "replaces") for (const old of earlier) grants.end(old, "new-authorization", now);
  return { verdict: "good", ...redeemed };
}

/**
 * Redeems a refresh token as the provider's settings have it.
 *
 * @param input.idleSeconds how long one lives without being used; for ever where it is undefined.
 * @param input.keepRefreshToken do not replace it this time.
 */
export function redeemRefreshToken(
  grants: GrantBook,
  value: string,
  input: {
    readonly clientId: string;
    readonly now: number;
    readonly rotation: Rotation;
    readonly graceSeconds: number;
    readonly familyRevocation: boolean;
    readonly idleSeconds?: number;
    readonly keepRefreshToken: boolean;
  },
): Granted | { readonly verdict: "unknown" | "expired" | "dead" } {
  const { now } = input;
  const presented = grants.refreshToken(value);
  const judged = judgeRefreshToken(presented, grants.grant(presented?.grantId ?? ""), input);
  if (judged.verdict !== "good") {
    if (judged.verdict === "dead" && input.familyRevocation) grants.end(judged.grant, "reuse", now);
    return { verdict: judged.verdict };
  }
  const { token, grant } = judged;
  const plan = planRotation(token, input.keepRefreshToken ? { ...input, rotation: "same" } : input);
  if (plan.issueNew) return { ...grants.rotate(token, grant, { diesAt: plan.diesAt, now }), verdict: "good" };
  if (input.idleSeconds !== undefined) grants.use(token, now);
  return { verdict: "good", grant, refreshToken: { value, record: token } };
}

function isLiveGrantOf(grant: Grant, account: string, clientId: string): boolean {
  return grant.endedAt === null && grant.account === account && grant.clientId === clientId;
}
