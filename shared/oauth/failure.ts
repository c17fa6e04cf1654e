/**
 * Why a token or revocation endpoint did not do what it was asked.
 *
 * - `grant`: the provider's own word that this refresh token or code is dead. Only a person can mend it.
 * - `client`: our client credentials were refused. Says nothing about the grant.
 * - `transient`: everything else. The same request may succeed later.
 */
export type FailureClass = "grant" | "client" | "transient";

export type Failure = {
  readonly class: FailureClass;
  /**
   * True where the provider may have done the work although no usable answer arrived: a timeout or a reset after
   * sending, an unreadable 200, a gateway's error page. A refresh token sent with it may be spent.
   */
  readonly unknown: boolean;
  /** The HTTP status; undefined where there was no response. */
  readonly status: number | undefined;
  /** The provider's error identifier, trimmed and redacted (`INVALID_REFRESH_TOKEN`), or what failed in transport (`timeout`). For logs. */
  readonly reason: string;
  /** Milliseconds the provider asked to be left alone; undefined where it did not say. */
  readonly retryAfterMilliseconds: number | undefined;
};

/**
 * What a token endpoint answered when it granted something. Any member may be missing in a damaged answer: a
 * refresh token that arrived is never thrown away because something beside it was wrong.
 */
export type TokenGrant = {
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  /**
   * Life of the access token in seconds. Undefined where the answer says nothing about it, 0 where what it says cannot
   * be used (zero, negative, not a number).
   */
  readonly lifeSeconds: number | undefined;
};

export type TokenResult =
  | { readonly ok: true; readonly grant: TokenGrant }
  | { readonly ok: false; readonly failure: Failure };

export type RevocationResult =
  | { readonly ok: true }
  /** `bearerRejected`: the access token that authorized the call was refused, so nothing is known of the grant. */
  | { readonly ok: false; readonly bearerRejected: boolean; readonly failure: Failure };
