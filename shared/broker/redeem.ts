import type { Failure, TokenGrant } from "../oauth/failure.ts";
import { requestToken } from "../oauth/token-endpoint.ts";
import type { TokenSet } from "../oauth/token-set.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import type { Ports } from "./ports.ts";
import { timing } from "./timing.ts";

export type Redemption =
  | { readonly ok: true; readonly tokens: TokenSet; readonly usable: boolean }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Redeems a refresh token. The only place that does.
 *
 * Where the provider does not say whether a replaced refresh token dies, the one before is tried once before the
 * provider's refusal is believed.
 *
 * @param tokens what is stored; `undefined` for its access token where a refresh token was handed to us without one
 */
export async function redeem(
  ports: Pick<Ports, "fetchFor" | "clock">,
  provider: Provider,
  origin: string,
  client: ClientCredentials,
  tokens: { readonly refreshToken: string; readonly previousRefreshToken?: string; readonly current?: TokenSet },
): Promise<Redemption> {
  const startedAt = ports.clock.now();
  const first = await redeemOne(ports, provider, origin, client, tokens.refreshToken, tokens.current, timing.provider);
  if (first.ok || first.failure.class !== "grant" || tokens.previousRefreshToken === undefined) return first;
  const left = Math.max(timing.previousToken, timing.provider - (ports.clock.now() - startedAt));
  return redeemOne(ports, provider, origin, client, tokens.previousRefreshToken, tokens.current, left);
}

async function redeemOne(
  ports: Pick<Ports, "fetchFor" | "clock">,
  provider: Provider,
  origin: string,
  client: ClientCredentials,
  refreshToken: string,
  current: TokenSet | undefined,
  timeoutMilliseconds: number,
): Promise<Redemption> {
  const sentAt = ports.clock.now();
  const result = await requestToken(provider, provider.refreshRequest({ origin, client, refreshToken }), {
    fetch: ports.fetchFor(provider),
    timeoutMilliseconds,
    now: ports.clock.now,
  });
  if (!result.ok) return result;
  return received(provider, result.grant, sentAt, { refreshToken, current });
}

/**
 * Turns what a token endpoint granted into a token set, keeping whatever of it must not be lost.
 *
 * @param sentAt epoch milliseconds at which the request left: lives are counted from there, never from the provider's clock
 * @param spent what the answer replaces; a code leaves nothing behind
 */
export function received(
  provider: Pick<Provider, "defaultLifeSeconds" | "rotation">,
  grant: TokenGrant,
  sentAt: number,
  spent: { readonly refreshToken?: string; readonly current?: TokenSet | undefined },
): Redemption {
  const { accessToken } = grant;
  const lifeSeconds = grant.lifeSeconds ?? provider.defaultLifeSeconds;
  const usable = accessToken !== undefined && lifeSeconds > 0;
  const refreshToken = grant.refreshToken ?? spent.refreshToken;
  const rotated = grant.refreshToken !== undefined && grant.refreshToken !== spent.refreshToken;
  if (refreshToken === undefined || (!usable && !rotated)) {
    return { ok: false, failure: unusableAnswer(grant.refreshToken === undefined) };
  }
  const keepsPrevious = rotated && spent.refreshToken !== undefined && provider.rotation === "replayable";
  const life = usable
    ? { accessToken, issuedAt: sentAt, expiresAt: sentAt + lifeSeconds * 1000 }
    : {
        accessToken: spent.current?.accessToken ?? "",
        issuedAt: spent.current?.issuedAt ?? sentAt,
        expiresAt: spent.current?.expiresAt ?? sentAt,
      };
  const previous =
    keepsPrevious && spent.refreshToken !== undefined ? { previousRefreshToken: spent.refreshToken } : {};
  return { ok: true, usable, tokens: { ...life, refreshToken, ...previous } };
}

/** A 200 without anything to keep. Where it names no refresh token either, nobody knows whether ours was spent. */
function unusableAnswer(unknown: boolean): Failure {
  return { class: "transient", unknown, status: 200, reason: "unusable_answer", retryAfterMilliseconds: undefined };
}
