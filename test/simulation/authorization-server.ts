import type { ProviderKind } from "./provider-kinds.ts";

/** Part of every secret that the simulation makes: found in a log line, an event or a clear field, it is a leak. */
export const secretMark = "SECRET";

type RefreshToken = { readonly chain: number; readonly replacedAt: number | null };
type Chain = { readonly grant: number; readonly isDead: boolean };

export type HttpAnswer = { readonly status: number; readonly body: string };

/** One redemption of a refresh token, as the server knows it. */
export type Redemption = {
  readonly presented: string;
  /** The refresh token of the answer; null where it was refused. */
  readonly issued: string | null;
  readonly answer: HttpAnswer;
};

const lifeMilliseconds = 86_400_000;

type ServerState = {
  readonly tokens: Map<string, RefreshToken>;
  readonly chains: Chain[];
  readonly codes: Set<string>;
  readonly access: Map<string, { readonly chain: number; readonly expiresAt: number }>;
  /** Counts up where the whole grant is revoked. */
  grant: number;
  made: number;
};

export type AuthorizationServer = ReturnType<typeof authorizationServer>;

/**
 * An authorization server with one account, in the dialect of RD Station, that treats refresh tokens as its kind does.
 * Authorizing again joins the account's grant, and revoking any of its tokens ends it: the meanest of the readings that
 * RD Station's documentation allows.
 *
 * @param from begins with what another one knows
 */
export function authorizationServer(kind: ProviderKind, from?: ServerState) {
  const state: ServerState = {
    tokens: new Map(from?.tokens),
    chains: [...(from?.chains ?? [])],
    codes: new Set(from?.codes),
    access: new Map(from?.access),
    grant: from?.grant ?? 0,
    made: from?.made ?? 0,
  };
  const { tokens, chains, codes, access } = state;

  const secret = (what: string) => `${what}-${secretMark}-${++state.made}`;
  const begin = () => chains.push({ grant: state.grant, isDead: false }) - 1;
  const isAlive = (chain: number) => chains[chain]?.grant === state.grant && chains[chain]?.isDead === false;

  function issue(chain: number): string {
    const token = secret("refresh");
    tokens.set(token, { chain, replacedAt: null });
    return token;
  }

  function granted(chain: number, refreshToken: string, now: number): HttpAnswer {
    const accessToken = secret("access");
    access.set(accessToken, { chain, expiresAt: now + lifeMilliseconds });
    const body = { access_token: accessToken, refresh_token: refreshToken, expires_in: lifeMilliseconds / 1000 };
    return { status: 200, body: JSON.stringify(body) };
  }

  /** True where presenting it now gives tokens. */
  function isRedeemable(token: string, now: number): boolean {
    const found = tokens.get(token);
    if (found === undefined || !isAlive(found.chain)) return false;
    return found.replacedAt === null || kind.replaced === "works" || now - found.replacedAt < kind.graceMilliseconds;
  }

  return {
    kind,
    state,
    /** What a person takes home who was given a refresh token outside of any browser. */
    handOut: () => issue(begin()),
    issueCode(): string {
      const code = secret("code");
      codes.add(code);
      return code;
    },
    exchange(code: string, now: number): HttpAnswer {
      if (!codes.delete(code)) return refusal("EXPIRED_CODE_GRANT");
      const chain = begin();
      return granted(chain, issue(chain), now);
    },
    redeem(presented: string, now: number): Redemption {
      const found = tokens.get(presented);
      if (found === undefined || !isRedeemable(presented, now)) {
        if (found !== undefined && kind.replaced === "ends the family") kill(found.chain);
        return { presented, issued: null, answer: refusal("INVALID_REFRESH_TOKEN") };
      }
      if (!kind.rotates) return { presented, issued: presented, answer: granted(found.chain, presented, now) };
      tokens.set(presented, { ...found, replacedAt: found.replacedAt ?? now });
      const issued = issue(found.chain);
      return { presented, issued, answer: granted(found.chain, issued, now) };
    },
    /** @param bearer has to live; either token of the grant ends all of it */
    revoke(bearer: string, now: number): HttpAnswer {
      const found = access.get(bearer);
      if (found === undefined || !isAlive(found.chain) || found.expiresAt <= now) return refusal("UNAUTHORIZED");
      state.grant++;
      return { status: 200, body: "{}" };
    },
    isRedeemable,
    chainOf: (token: string) => tokens.get(token)?.chain,
    /** True where it was not reuse that ended the chain but a revocation. */
    isRevoked: (chain: number) => chains[chain]?.grant !== state.grant,
    fingerprint: () => JSON.stringify([state.made, state.grant, chains, [...tokens], [...codes], [...access]]),
  };

  function kill(chain: number) {
    const found = chains[chain];
    if (found !== undefined) chains[chain] = { ...found, isDead: true };
  }
}

export function refusal(type: string, status = 401): HttpAnswer {
  return { status, body: JSON.stringify({ errors: { error_type: type, error_message: "No." } }) };
}
