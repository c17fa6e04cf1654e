import type { Provider } from "../providers/provider.ts";
import type { Connection } from "./connection.ts";

/**
 * How many attempts in a row the provider has refused, counting this one. What an operator insisted on before the backoff
 * was over says nothing that the refusal before it has not said.
 *
 * @param connection as it was before the refusal was written down
 * @param begunAt when the attempt began, in epoch milliseconds
 */
export function refusalsInARow(connection: Connection, begunAt: number): number {
  const { refusals, retry } = connection;
  const isRepeated = refusals > 0 && retry !== null && retry.at > begunAt;
  return isRepeated ? refusals : refusals + 1;
}

/** True where so many refusals in a row are the provider's last word. One that repeats it needs no others beside it. */
export function isBelieved(
  provider: Pick<Provider, "refusalsToBelieve">,
  connection: Connection,
  refusals: number,
): boolean {
  return connection.status === "reauthorization_required" || refusals >= (provider.refusalsToBelieve ?? 1);
}
