/** A stored permission to authorize one account. All times are epoch milliseconds. */
export type Ticket = {
  /** SHA-256 of the ticket, hex. The ticket itself is stored nowhere. */
  readonly hash: string;
  readonly provider: string;
  readonly account: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly returnTo: string | null;
  readonly allowOtherAccount: boolean;
  /** Set once an authorization with it has succeeded. */
  readonly spentAt: number | null;
  /** When the authorization requests made with it end; those still to come are open. */
  readonly open: readonly number[];
};

/** How an authorization ended. */
export type AuthorizationOutcome =
  | { readonly result: "authorized"; readonly label: string | null }
  | { readonly result: "declined" }
  | { readonly result: "failed"; readonly why: AuthorizationFailure };

export type AuthorizationFailure =
  | "wrong_account"
  /** The provider did not accept the code: used, too old, or our client credentials are wrong. */
  | "code_rejected"
  /** No answer that could be understood. The code may be spent. */
  | "provider_unavailable"
  /** The account was revoked after the ticket had been issued. */
  | "revoked"
  /** Another authorization with the same ticket succeeded first. */
  | "ticket_spent"
  | "internal_error";

/** The pending `state` between the redirect to the provider and the callback. */
export type AuthorizationRequest = {
  /** SHA-256 of the state, base64url. Names the result page: it is no secret, and nobody gets from it to the state. */
  readonly reference: string;
  readonly provider: string;
  readonly account: string;
  readonly ticketHash: string;
  readonly ticketIssuedAt: number;
  /** SHA-256 of the browser's binding cookie, hex. */
  readonly bindingHash: string;
  readonly returnTo: string | null;
  readonly allowOtherAccount: boolean;
  readonly expiresAt: number;
  /** The callback that took it, and when. */
  readonly taken: { readonly by: string; readonly at: number } | null;
  readonly outcome: AuthorizationOutcome | null;
};

/** When a request's record is of no more use to anybody: epoch milliseconds. */
export function requestGoneAt(request: Pick<AuthorizationRequest, "expiresAt">): number {
  return request.expiresAt - authorizationLives.request + authorizationLives.result;
}

export const authorizationLives = {
  /** From the redirect to the callback. */
  request: 10 * 60_000,
  /** How long a result page can be looked at. */
  result: 24 * 60 * 60_000,
  openRequestsPerTicket: 20,
  ticketSeconds: { least: 60, most: 604_800, usual: 3_600 },
} as const;
