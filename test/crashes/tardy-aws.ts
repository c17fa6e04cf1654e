import { timing } from "../../shared/broker/timing.ts";
import type { AwsFault } from "../support/stack-client.ts";

/** Writes to Secrets Manager always take a moment, in milliseconds: long enough to be killed in, and to be overtaken. */
const moment = 200;

/** How late a write may be, in milliseconds: its sender's lease is over, and somebody else has done the work. */
export const tardiness = timing.lease + 4_000;

/**
 * AWS as a dying broker leaves it: of the writes that are on their way, some arrive when nobody waits for them any more.
 * Those whose sender lives are sent again, and are there twice.
 */
export const tardyAws: readonly AwsFault[] = [
  { service: "dynamodb", operation: "UpdateItem", delay_milliseconds: tardiness, times: 8 },
  { service: "secretsmanager", operation: "UpdateSecretVersionStage", delay_milliseconds: tardiness, times: 2 },
  ...["CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"].map(
    (operation): AwsFault => ({
      service: "secretsmanager",
      operation,
      delay_milliseconds: moment,
      times: 1_000_000_000,
    }),
  ),
];
