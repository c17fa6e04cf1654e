import { Duration } from "aws-cdk-lib";

/**
 * How long everything may take. The broker's own clocks run inside of these, and a test holds them in order: an attempt ends
 * before its lease does, the lease before a request's function is cut off, and that before the HTTP API stops waiting.
 */
export const timeouts = {
  /** A function that serves a request. */
  request: Duration.seconds(25),
  /** The HTTP API waits no longer than this for any function; 30 s is the most it can. */
  integration: Duration.seconds(29),
  /** The function that sweeps. What it has not begun by then is left to the next minute's sweep. */
  sweep: Duration.seconds(60),
} as const;

/** How often a sweep begins, and how late one may still begin: a stale one would only pile up on the next. */
export const sweepEvery = Duration.minutes(1);
