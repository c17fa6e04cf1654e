import type { Fetch } from "../../oauth/http.ts";

/**
 * Sends what goes to a provider's own origin by one fetch, and everything else by the one that is careful.
 *
 * @param central bases of the providers that have one place for all accounts; they come from configuration
 * @param customers for hosts that customers have named
 */
export function guardedFetch(central: readonly string[], usual: Fetch, customers: Fetch): Fetch {
  const trusted = new Set(central.map((base) => new URL(base).origin));
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const isTrusted = URL.canParse(url) && trusted.has(new URL(url).origin);
    return isTrusted ? usual(input, init) : customers(input, init);
  };
}
