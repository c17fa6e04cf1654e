import type { ClientCredentials, Provider } from "../providers/provider.ts";
import type { Ports } from "./ports.ts";

const none: ClientCredentials = { clientId: "", clientSecret: "" };

/**
 * Reads our client credentials at a provider. Where it redeems refresh tokens without any, nothing is read, so that
 * nothing has to be stored.
 *
 * @throws BrokerError `client_credentials_rejected` where none are stored or they cannot be read as such
 */
export async function readClient(
  ports: Pick<Ports, "clientCredentials">,
  provider: Provider,
): Promise<ClientCredentials> {
  return provider.isClientless ? none : ports.clientCredentials.read(provider.id);
}
