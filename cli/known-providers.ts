import type { Provider } from "../shared/providers/provider.ts";
import { configuredProviders } from "../shared/runtime/configured-providers.ts";

/** Nothing is said about where they are, or which of them a broker serves: that is its own affair. */
const nothingSaid = {
  only: undefined,
  rdStation: { origin: undefined },
  rdStationCrm: { origin: undefined, authorizationPage: undefined },
  itflex: { tokenPath: undefined },
};

/** The providers that a broker of this version knows, by their ids. */
export const knownProviders: ReadonlyMap<string, Provider> = configuredProviders(nothingSaid);
