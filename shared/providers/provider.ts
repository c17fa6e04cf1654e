import type { ClientCredentials } from "../oauth/client-authentication.ts";
import type { ErrorBody } from "../oauth/error-body.ts";
import type { FailureClass } from "../oauth/failure.ts";
import type { HttpRequest, HttpResponse } from "../oauth/http.ts";

export type { ClientCredentials };

/**
 * What becomes of a refresh token when it is redeemed.
 *
 * - `replayable`: it still works afterwards, or nobody knows and trying it again does no harm. An attempt with an unknown outcome is simply repeated.
 * - `single-use`: it is dead afterwards. An attempt with an unknown outcome is repeated once the backoff ends, to learn whether it was spent.
 * - `single-use-family`: it is dead afterwards and presenting it again revokes the whole family, so the repetition
 *   waits until the current access token is nearly over.
 */
export type RotationPolicy = "replayable" | "single-use" | "single-use-family";

/** A provider whose API is in one place for all its connections. */
export type CentralProvider = Provider & { readonly origin: string };

/** Everything that differs between authorization servers. Data, or a small pure function. */
export type Provider = {
  readonly id: string;
  /** What a person calls it. */
  readonly name: string;
  /**
   * Base of the API that access tokens are good for, and of the endpoints below. No trailing slash. undefined where every
   * connection has an origin of its own, on its customer's host.
   */
  readonly origin: string | undefined;
  /** Life of an access token in seconds where an answer does not say. */
  readonly defaultLifeSeconds: number;
  readonly rotation: RotationPolicy;
  /** True where refresh tokens are redeemed without client credentials. None are read then, and requests get empty ones. */
  readonly isClientless?: true;
  /**
   * How many refreshes in a row have to be refused, a backoff apart, before a grant counts as dead. 1 where not given: an
   * authorization server that everybody shares is believed at once.
   */
  readonly refusalsToBelieve?: number;
  /** Where a person authorizes; undefined for providers whose refresh tokens are handed over out of band. */
  readonly authorizationUrl?: (input: {
    readonly origin: string;
    readonly clientId: string;
    readonly redirectUri: string;
    readonly state: string;
    /** Method `S256` of RFC 7636. Left out by providers that do not take PKCE, and so is `codeVerifier`. */
    readonly codeChallenge: string;
  }) => string;
  readonly codeRequest?: (input: {
    readonly origin: string;
    readonly client: ClientCredentials;
    readonly code: string;
    readonly redirectUri: string;
    readonly codeVerifier: string;
  }) => HttpRequest;
  readonly refreshRequest: (input: {
    readonly origin: string;
    readonly client: ClientCredentials;
    readonly refreshToken: string;
  }) => HttpRequest;
  /** Puts an answer of the token endpoint that is not a grant into a class. Never sees a 2xx. */
  readonly classify: (status: number, error: ErrorBody) => FailureClass;
  /** Milliseconds the provider asks to be left alone in this answer; undefined where it does not say. `now`: epoch milliseconds. */
  readonly retryAfter: (response: HttpResponse, now: number) => number | undefined;
  /** Where there is no revocation endpoint: how a person ends a grant at the provider. Sentences, for the log and for whoever revokes. */
  readonly endedByHand?: string;
  /** undefined where the provider has no revocation endpoint. */
  readonly revocation?: {
    /** The call is authorized by an access token that is still alive. */
    readonly needsLiveAccessToken: boolean;
    readonly request: (input: {
      readonly origin: string;
      readonly client: ClientCredentials;
      readonly accessToken: string;
      readonly refreshToken: string;
    }) => HttpRequest;
  };
  /** How to learn what the provider calls the account; undefined where it cannot be asked. */
  readonly label?: {
    readonly request: (input: { readonly origin: string; readonly accessToken: string }) => HttpRequest;
    readonly read: (response: HttpResponse) => string | undefined;
  };
};
