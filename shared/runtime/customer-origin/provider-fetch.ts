import type { FetchFor } from "../../broker/ports.ts";
import type { Fetch } from "../../oauth/http.ts";

/**
 * Chooses by the provider, and not by the URL: a stranger's origin can be that of a provider whose hosts are ours to know.
 *
 * @param usual for providers with one place for all accounts, which configuration names
 * @param customers for hosts that customers have named
 */
export function providerFetch(usual: Fetch, customers: Fetch): FetchFor {
  return ({ origin }) => (origin === undefined ? customers : usual);
}
