import type { ScheduledEvent } from "aws-lambda";
import { lambdaContext } from "./gateway.ts";

/** Time that the refresh function has for a sweep, in milliseconds. */
const sweepTimeout = 60_000;

const event: ScheduledEvent = {
  version: "0",
  id: "local",
  source: "aws.scheduler",
  account: "000000000000",
  time: "1970-01-01T00:00:00Z",
  region: "us-east-1",
  resources: [],
  "detail-type": "Scheduled Event",
  detail: {},
};

/** A local EventBridge Scheduler: calls the refresh function, again and again, one sweep after the other. */
export function startSchedule(seconds: number): { close(): Promise<void> } {
  let closed = false;
  let wake: () => void = () => {};
  const run = async () => {
    const { handler } = await import("../../functions/refresh.ts");
    while (!closed) {
      await handler({ ...event, time: new Date().toISOString() }, lambdaContext("refresh", sweepTimeout)).catch(
        (error: unknown) => {
          console.error("A sweep failed:", error instanceof Error ? error.name : typeof error);
        },
      );
      if (closed) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, seconds * 1000).unref();
      });
    }
  };
  const running = run();
  return {
    close() {
      closed = true;
      wake();
      return running;
    },
  };
}
