import * as v from "valibot";
import type { CamelKeys } from "../control/wire-names.ts";

const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));

/** Whom a fault hits, and how often. */
const aim = {
  id: v.exactOptional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,64}$/))),
  endpoint: v.exactOptional(v.string()),
  redeems: v.exactOptional(v.picklist(["code", "refresh_token"])),
  account: v.exactOptional(v.string()),
  grant: v.exactOptional(v.string()),
  times: v.exactOptional(whole(1, 1_000_000_000)),
  probability: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  seed: v.exactOptional(whole(0, 4_294_967_295)),
};
/** `processed`: the request takes effect first, and only its answer is spoilt. */
const processed = { processed: v.exactOptional(v.boolean()) };
const retryAfter = { retry_after: v.exactOptional(whole(0, 86_400)) };

/** One fault as the control API takes it. */
export const faultSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("reset"), ...processed, ...aim }),
  v.strictObject({ kind: v.literal("cut"), ...aim }),
  v.strictObject({ kind: v.literal("broken-json"), ...aim }),
  v.strictObject({
    kind: v.literal("server-error"),
    status: v.exactOptional(whole(500, 599)),
    format: v.exactOptional(v.picklist(["json", "html"])),
    ...retryAfter,
    ...processed,
    ...aim,
  }),
  v.strictObject({
    kind: v.literal("rate-limit"),
    body: v.exactOptional(v.picklist(["gateway", "application", "envelope"])),
    headers: v.exactOptional(v.picklist(["standard", "quotas", "none"])),
    ...retryAfter,
    ...processed,
    ...aim,
  }),
  v.strictObject({ kind: v.literal("html"), ...processed, ...aim }),
  v.strictObject({ kind: v.literal("empty-object"), ...processed, ...aim }),
  v.strictObject({
    kind: v.literal("redirect"),
    status: v.exactOptional(v.picklist([302, 307])),
    ...processed,
    ...aim,
  }),
  v.strictObject({ kind: v.literal("unauthorized"), ...processed, ...aim }),
  v.strictObject({ kind: v.literal("wrong-client"), ...processed, ...aim }),
  v.strictObject({ kind: v.literal("invalid-refresh-token"), ...processed, ...aim }),
  v.strictObject({
    kind: v.literal("answer"),
    status: whole(200, 599),
    headers: v.exactOptional(
      v.record(v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+$/)), v.pipe(v.string(), v.regex(/^[ -~]*$/))),
    ),
    body: v.exactOptional(v.string()),
    ...processed,
    ...aim,
  }),
  v.strictObject({ kind: v.literal("delay"), milliseconds: whole(0, 600_000), ...processed, ...aim }),
  v.strictObject({ kind: v.literal("date-offset"), seconds: whole(-31_536_000, 31_536_000), ...aim }),
  v.strictObject({ kind: v.literal("no-refresh-token"), ...aim }),
  v.strictObject({ kind: v.literal("no-expires-in"), ...aim }),
  v.strictObject({ kind: v.literal("expires-in"), value: v.union([v.string(), v.number()]), ...aim }),
]);

export type WireFault = v.InferOutput<typeof faultSchema>;
export type Fault = CamelKeys<WireFault>;
export type FaultKind = Fault["kind"];
/** The faults that stand in for the provider's own answer. */
export type AnswerFault = Exclude<
  Fault,
  {
    readonly kind:
      | "cut"
      | "broken-json"
      | "delay"
      | "date-offset"
      | "no-refresh-token"
      | "no-expires-in"
      | "expires-in";
  }
>;

const tokenEndpointOnly: readonly FaultKind[] = [
  "wrong-client",
  "invalid-refresh-token",
  "no-refresh-token",
  "no-expires-in",
  "expires-in",
];

/** @returns whether a fault of this kind means anything at an endpoint; elsewhere it never hits. */
export function makesSense(kind: FaultKind, endpoint: string): boolean {
  if (kind === "unauthorized") return endpoint !== "token" && endpoint !== "dialog";
  return endpoint === "token" || !tokenEndpointOnly.includes(kind);
}
