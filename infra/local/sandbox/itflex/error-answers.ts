import { type Answer, jsonAnswer } from "../http/answer.ts";
import type { ItflexSettings } from "./itflex-settings.ts";

const required = "Valid authentication token required";

/** An error as iTFLEX words it: one sentence in `msg`. */
export function msgAnswer(status: number, msg: string, headers: Answer["headers"] = {}): Answer {
  return jsonAnswer(status, { msg }, headers);
}

/** @returns how the API refuses a call without a good access token. */
export function unauthorized(): Answer {
  return msgAnswer(401, required);
}

/** @returns how the token endpoint refuses a key that is unknown or deleted. */
export function deadKey({ deadError, deadStatus }: ItflexSettings): Answer {
  return deadError === "msg" ? msgAnswer(deadStatus, required) : jsonAnswer(deadStatus, { error: "invalid_grant" });
}
