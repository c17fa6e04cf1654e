import { expect, it } from "vitest";
import type { Metadata } from "../../../cli/broker/metadata.ts";
import { type Authorized, wasAuthorized } from "../../../cli/commands/connected.ts";

const never = { at: null, outcome: null, code: null } as const;
const at = (seconds: number, outcome: "succeeded" | "failed") =>
  ({ at: `2026-11-22T18:00:0${seconds}.000Z`, outcome, code: null }) as const;

function look(
  status: Metadata["status"],
  generation: number,
  last_refresh: Metadata["last_refresh"] = never,
): Metadata {
  return { provider: "rd-station", account: "acme", status, generation, last_refresh } as Metadata;
}

it.each<[Authorized, string, Metadata | undefined, Metadata | undefined]>([
  ["no", "there is still nothing", undefined, undefined],
  ["yes", "it is there now", undefined, look("active", 1)],
  ["no", "nothing has happened", look("active", 1), look("active", 1)],
  ["yes", "it was authorized again", look("active", 1), look("active", 2)],
  ["no", "it was refreshed", look("active", 1), look("active", 2, at(1, "succeeded"))],
  ["no", "it was refreshed again", look("active", 2, at(1, "succeeded")), look("active", 3, at(2, "succeeded"))],
  [
    "unclear",
    "it was refreshed twice, or authorized again and refreshed",
    look("active", 1),
    look("active", 3, at(1, "succeeded")),
  ],
  [
    "unclear",
    "the same, after another refresh",
    look("active", 2, at(1, "succeeded")),
    look("active", 4, at(2, "succeeded")),
  ],
  [
    "unclear",
    "it was authorized again or refreshed, and a refresh failed",
    look("active", 1),
    look("degraded", 2, at(1, "failed")),
  ],
  ["no", "a refresh failed", look("active", 1), look("degraded", 1, at(1, "failed"))],
  ["no", "it was revoked", look("active", 1), look("revoking", 2)],
  ["no", "it is still revoked", look("revoked", 2), look("revoked", 2)],
  ["yes", "it was revoked, and authorized again", look("revoked", 2), look("active", 3)],
  ["yes", "it was condemned, and authorized again", look("reauthorization_required", 2), look("active", 3)],
  ["yes", "it was revoked, authorized again and refreshed", look("revoked", 2), look("active", 4, at(1, "succeeded"))],
  [
    "no",
    "an operator's refresh has brought it back",
    look("reauthorization_required", 2),
    look("active", 3, at(1, "succeeded")),
  ],
  ["no", "it was condemned", look("active", 2), look("reauthorization_required", 2, at(1, "failed"))],
])("%s: %s", (expected, _what, before, after) => {
  expect(wasAuthorized(before, after)).toBe(expected);
});
