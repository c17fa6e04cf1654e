import type { RotationPolicy } from "../../shared/providers/provider.ts";

/** How a refresh token came to be lost: the fault that came between the provider's answer and the store. */
export type LossCause =
  | "the answer was lost"
  | "death right after the answer"
  | "death before the commit arrived"
  | "frozen between the clock and the wire";

/** What an authorization server does with a refresh token that is redeemed, and what becomes of the one before. */
export type ProviderKind = {
  readonly name: string;
  /** What the broker is told. */
  readonly policy: RotationPolicy;
  readonly rotates: boolean;
  /** What happens to whoever presents a refresh token that was replaced. */
  readonly replaced: "works" | "refused" | "ends the family";
  /** How long a replaced one still works, in milliseconds. */
  readonly graceMilliseconds: number;
  /** The losses that no client in the world can prevent here. Any other is a fault of the broker. */
  readonly unpreventable: readonly LossCause[];
};

const inFlight: readonly LossCause[] = [
  "the answer was lost",
  "death right after the answer",
  "death before the commit arrived",
];

/**
 * A process that stands still after its last look at the clock sends what another has spent meanwhile, or revokes what was
 * authorized anew: the one ends a family, the other a grant, wherever there is one.
 */
const late: LossCause = "frozen between the clock and the wire";

export const providerKinds: readonly ProviderKind[] = [
  {
    name: "non-rotating",
    policy: "replayable",
    rotates: false,
    replaced: "works",
    graceMilliseconds: 0,
    unpreventable: [late],
  },
  {
    name: "rotating, the old one still valid",
    policy: "replayable",
    rotates: true,
    replaced: "works",
    graceMilliseconds: 0,
    unpreventable: [late],
  },
  {
    name: "rotating, a grace period of 2 minutes",
    policy: "single-use",
    rotates: true,
    replaced: "refused",
    graceMilliseconds: 120_000,
    unpreventable: [late],
  },
  {
    name: "rotating, a grace period of 10 seconds",
    policy: "single-use",
    rotates: true,
    replaced: "refused",
    graceMilliseconds: 10_000,
    unpreventable: [...inFlight, late],
  },
  {
    name: "single-use",
    policy: "single-use",
    rotates: true,
    replaced: "refused",
    graceMilliseconds: 0,
    unpreventable: [...inFlight, late],
  },
  {
    name: "single-use with family revocation",
    policy: "single-use-family",
    rotates: true,
    replaced: "ends the family",
    graceMilliseconds: 0,
    unpreventable: [...inFlight, late],
  },
];
