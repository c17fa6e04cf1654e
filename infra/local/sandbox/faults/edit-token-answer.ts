import type { Answer } from "../http/answer.ts";
import type { DrawnFaults } from "./fault-switchboard.ts";

/**
 * Leaves members out of a granted token answer, or gives `expires_in` another value. Refusals pass unchanged.
 *
 * @returns the answer as it is to be sent.
 */
export function editTokenAnswer(answer: Answer, faults: DrawnFaults): Answer {
  if (answer.status !== 200 || (faults.noRefreshToken === undefined && faults.expiresIn === undefined)) return answer;
  const members: Record<string, unknown> = JSON.parse(answer.body);
  if (faults.noRefreshToken !== undefined) delete members["refresh_token"];
  if (faults.expiresIn?.kind === "no-expires-in") delete members["expires_in"];
  if (faults.expiresIn?.kind === "expires-in") members["expires_in"] = faults.expiresIn.value;
  return { ...answer, body: JSON.stringify(members) };
}
