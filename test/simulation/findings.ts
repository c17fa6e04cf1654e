/** What an execution is looked through for, by the column of the table that counts it. */
export const findingKinds = [
  "lost",
  "condemned though usable",
  "revived",
  "live connection revoked by us",
  "published out of order",
  "events missing",
  "redemptions overlapping",
  "newer generation replaced",
  "seen before durable",
  "left unresolved",
  "bad answer",
  "secret leaked",
] as const;

export type FindingKind = (typeof findingKinds)[number];

/** Which finding would show that an invariant is violated. */
export const invariants: Readonly<Record<string, readonly FindingKind[]>> = {
  I1: ["redemptions overlapping"],
  I2: ["newer generation replaced", "revived"],
  I3: ["seen before durable"],
  I4: ["left unresolved", "lost"],
  I5: ["condemned though usable"],
  I6: ["bad answer"],
  I7: ["secret leaked"],
  I8: ["events missing"],
  I9: ["published out of order"],
};

/** Something that must not be. */
export type Finding = { readonly kind: FindingKind; readonly text: string };
