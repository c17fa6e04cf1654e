import type { Answer } from "./answer.ts";
import type { ReceivedRequest } from "./received-request.ts";

/** What a request is about, found without any effect: faults are aimed with it and the log shows it. */
export type Subject = {
  /** The provider's name of the account. */
  readonly account?: string;
  readonly grant?: string;
  /** What the request would redeem at the token endpoint. */
  readonly redeems?: "code" | "refresh_token";
  /** SHA-256 of the refresh token, code or access token presented. */
  readonly presentedHash?: string;
  /** Generation of the refresh token presented, 1 for the first of a grant. */
  readonly generation?: number;
};

/** The answer to what was done, and the SHA-256 of the access token in it. */
export type Finished = { readonly answer: Answer; readonly accessHash?: string };

/** What a request did. */
export type Performed = {
  /** One word for the counters and the log. */
  readonly outcome: string;
  /** What became known only by doing it: the grant that a code turned into. */
  readonly learned?: Subject;
  /** The refresh token in the answer: its generation and SHA-256. */
  readonly issued?: { readonly generation: number; readonly refreshHash: string };
  /** Waiting for it changes nothing any more. */
  readonly finished: Finished | Promise<Finished>;
};

export type Prepared = {
  readonly subject: Subject;
  /**
   * Takes effect, at once and durably: never a promise, so that no request sees another one half done.
   *
   * `keepRefreshToken`: do not replace the refresh token this time, because the answer will not carry one.
   */
  perform(options: { readonly keepRefreshToken: boolean }): Performed;
};

export type Endpoint = {
  /** As faults, counters and the log call it. */
  readonly name: string;
  prepare(request: ReceivedRequest): Prepared | Promise<Prepared>;
};

/** @returns what a request did that only reads or is refused: an answer with its outcome. */
export function answered(outcome: string, answer: Answer): Performed {
  return { outcome, finished: { answer } };
}
