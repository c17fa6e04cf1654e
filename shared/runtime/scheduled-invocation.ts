import type { Context } from "aws-lambda";
import type { Invocation } from "../broker/ports.ts";
import { systemClock } from "./system.ts";

/** Left of a sweep's time for returning. */
const returning = 500;

/** The invocation of a schedule: nobody waits for its answer, so it may use all of the function's time. */
export function scheduledInvocation(context: Pick<Context, "getRemainingTimeInMillis">): Invocation {
  return { actor: "schedule", endsAt: systemClock.now() + context.getRemainingTimeInMillis() - returning };
}
