import { sendRequest } from "../oauth/http.ts";
import { type Connection, providerOf } from "./connection.ts";
import { requireProvider } from "./known-provider.ts";
import type { Ports } from "./ports.ts";
import { timing } from "./timing.ts";

const longestLabel = 200;

/**
 * Asks the provider what it calls the account of an access token. Best effort: two seconds, and never an error.
 *
 * @returns the label without control characters, or null where it could not be learned
 */
export async function requestLabel(
  ports: Pick<Ports, "providers" | "fetchFor">,
  connection: Pick<Connection, "id" | "origin">,
  accessToken: string,
): Promise<string | null> {
  const provider = requireProvider(ports.providers, providerOf(connection));
  if (provider.label === undefined || accessToken === "") return null;
  const request = provider.label.request({ origin: connection.origin, accessToken });
  const sent = await sendRequest(request, { fetch: ports.fetchFor(provider), timeoutMilliseconds: timing.label });
  if (!sent.ok) return null;
  const label = provider.label.read(sent.response)?.replace(/\p{C}/gu, "").trim().slice(0, longestLabel);
  return label === undefined || label === "" ? null : label;
}
