import type { ClientCredentials } from "../providers/provider.ts";
import type { Ports } from "./ports.ts";

/**
 * Drops the cached client credentials after the provider has refused them, and reads them again. What was refused does not
 * stay cached, so that whoever comes next sees a correction.
 *
 * @returns true where others are stored by now, so that the refusal was about what nobody uses any longer. False also where
 * that cannot be found out: then the provider's word stands.
 */
export async function wereReplaced(
  ports: Pick<Ports, "clientCredentials">,
  provider: string,
  refused: ClientCredentials,
): Promise<boolean> {
  ports.clientCredentials.forget(provider);
  const stored = await ports.clientCredentials.read(provider).catch(() => refused);
  const areOthers = stored.clientId !== refused.clientId || stored.clientSecret !== refused.clientSecret;
  if (!areOthers) ports.clientCredentials.forget(provider);
  return areOthers;
}

/**
 * What to do where a provider has refused our client credentials and the call is not made again: it is counted, as a refresh
 * is whose credentials were refused, and whoever comes next reads them anew and sees a correction.
 */
export function noteRefused(ports: Pick<Ports, "clientCredentials" | "metrics">, provider: string): void {
  ports.clientCredentials.forget(provider);
  ports.metrics.refreshed(provider, "client_credentials_rejected");
}
