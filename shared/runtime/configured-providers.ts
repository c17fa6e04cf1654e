import { itflexAt, itflexTokenPath } from "../providers/itflex.ts";
import type { CentralProvider, Provider } from "../providers/provider.ts";
import { rdStation } from "../providers/rd-station.ts";
import { rdStationCrmAt } from "../providers/rd-station-crm.ts";
import type { Config } from "./config.ts";

/** The providers that this broker knows, each where the configuration says that it is; those alone that it names, if it does. */
export function configuredProviders(settings: Config["providers"]): ReadonlyMap<string, Provider> {
  const known = allProviders(settings).filter(({ id }) => settings.only?.has(id) ?? true);
  return new Map(known.map((provider) => [provider.id, provider]));
}

/** The ids of all providers that there are. */
export const providerIds: readonly string[] = allProviders().map(({ id }) => id);

function allProviders(settings?: Config["providers"]): readonly Provider[] {
  return [
    movedTo(rdStation, settings?.rdStation.origin),
    movedTo(rdStationCrmAt(settings?.rdStationCrm.authorizationPage), settings?.rdStationCrm.origin),
    itflexAt(settings?.itflex.tokenPath ?? itflexTokenPath),
  ];
}

function movedTo(provider: CentralProvider, origin: string | undefined): CentralProvider {
  return origin === undefined ? provider : { ...provider, origin };
}
