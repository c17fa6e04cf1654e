import { itflexAt, itflexTokenPath } from "../providers/itflex.ts";
import type { CentralProvider, Provider } from "../providers/provider.ts";
import { rdStation } from "../providers/rd-station.ts";
import { rdStationCrmAt } from "../providers/rd-station-crm.ts";
import type { Config } from "./config.ts";

/** The providers that this broker knows, each where the configuration says that it is. */
export function configuredProviders(settings: Config["providers"]): ReadonlyMap<string, Provider> {
  const all: readonly Provider[] = [
    movedTo(rdStation, settings.rdStation.origin),
    movedTo(rdStationCrmAt(settings.rdStationCrm.authorizationPage), settings.rdStationCrm.origin),
    itflexAt(settings.itflex.tokenPath ?? itflexTokenPath),
  ];
  return new Map(all.map((provider) => [provider.id, provider]));
}

function movedTo(provider: CentralProvider, origin: string | undefined): CentralProvider {
  return origin === undefined ? provider : { ...provider, origin };
}
