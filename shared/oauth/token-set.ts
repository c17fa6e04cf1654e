/** What a token endpoint granted, with the lives resolved to points in time. */
export type TokenSet = {
  readonly accessToken: string;
  readonly refreshToken: string;
  /**
   * The refresh token that `refreshToken` replaced, kept for providers that do not say whether the old one dies.
   * It is tried once before a connection is condemned.
   */
  readonly previousRefreshToken?: string;
  /** Epoch milliseconds at which the request for it left. */
  readonly issuedAt: number;
  /** Epoch milliseconds after which the access token must not be used. */
  readonly expiresAt: number;
};
