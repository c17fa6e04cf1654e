import type { Provider } from "../shared/providers/provider.ts";
import { configuredProviders } from "../shared/runtime/configured-providers.ts";

/** The providers that a broker of this version knows, by their ids. Where they are is the broker's own affair. */
export const knownProviders: ReadonlyMap<string, Provider> = configuredProviders({
  rdStation: { origin: undefined },
  rdStationCrm: { origin: undefined, authorizationPage: undefined },
  itflex: { tokenPath: undefined },
});
