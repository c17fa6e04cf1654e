import type { SandboxFault } from "../support/stack-client.ts";

/** The id of the fault whose answer comes after the broker has given up on it: its client hangs up, and has not died. */
export const lateAnswer = "late-answer";

/**
 * Everything that a provider may do to a refresh while the grant lives. Nothing here outlasts a lease: what a killed
 * broker has sent has taken effect, or never will, before anybody may send it again.
 */
const kinds: readonly SandboxFault[] = [
  { id: "reset", kind: "reset" },
  { id: "reset-after", kind: "reset", processed: true },
  { id: "unavailable", kind: "server-error", status: 503, retry_after: 1 },
  { id: "error-after", kind: "server-error", status: 500, processed: true },
  { id: "limited", kind: "rate-limit", retry_after: 1 },
  { id: "page", kind: "html" },
  { id: "page-after", kind: "html", processed: true },
  { id: "empty", kind: "empty-object", processed: true },
  { id: "redirect", kind: "redirect" },
  { id: "wrong-client", kind: "wrong-client" },
  { id: "cut", kind: "cut" },
  { id: "broken", kind: "broken-json" },
  { id: "no-life", kind: "expires-in", value: 0 },
  { id: "no-refresh-token", kind: "no-refresh-token" },
  { id: "slow", kind: "delay", milliseconds: 3_000 },
  { id: lateAnswer, kind: "delay", milliseconds: 8_000, processed: true },
];

/** What a refresh usually takes, in milliseconds: long enough to be killed in. */
const usual = 250;

/**
 * The faults of a provider at which refreshes fail now and then, and take a moment otherwise.
 *
 * @param share of the refreshes that a fault hits, 0 to 1
 * @param seed the same faults hit the same requests again, as far as their order is the same
 */
export function providerFaults(share: number, seed: number): readonly SandboxFault[] {
  const aim = { endpoint: "token", redeems: "refresh_token" } as const;
  const faults = kinds.map((fault, index) => ({
    ...fault,
    ...aim,
    probability: share / kinds.length,
    seed: (seed + index) % 2 ** 32,
  }));
  return [
    ...faults,
    { ...aim, id: "usual-before", kind: "delay", milliseconds: usual, probability: 0.5, seed },
    { ...aim, id: "usual-after", kind: "delay", milliseconds: usual, processed: true },
  ];
}

/** True for the faults proper: a provider that takes its time is none. */
export function isFault(id: string): boolean {
  return kinds.some((fault) => fault["id"] === id);
}
