import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import type { CentralProvider } from "../../shared/providers/provider.ts";
import { rdStation } from "../../shared/providers/rd-station.ts";
import { type MemoryAuthorizations, memoryAuthorizations } from "../support/memory-authorizations.ts";
import { type MemoryConnections, memoryConnections } from "../support/memory-connections.ts";
import { type MemoryEvents, memoryEvents } from "../support/memory-events.ts";
import { type MemoryProviderHealth, memoryProviderHealth } from "../support/memory-provider-health.ts";
import { type MemorySecretVersions, memorySecretVersions } from "../support/memory-secret-versions.ts";
import { type AuthorizationServer, authorizationServer } from "./authorization-server.ts";
import { hashData, hashText } from "./hash.ts";
import type { ProviderKind } from "./provider-kinds.ts";

/** The one connection that everything is about. */
export const acme: ConnectionId = "rd-station/acme";
export const secretName = `chaveiro/${acme}`;

/** Everything that workers share: the stores, the provider, and the time. */
export type World = {
  readonly kind: ProviderKind;
  readonly provider: CentralProvider;
  /** Epoch milliseconds. */
  now: number;
  readonly connections: MemoryConnections;
  readonly authorizations: MemoryAuthorizations;
  readonly versions: MemorySecretVersions;
  readonly events: MemoryEvents;
  readonly health: MemoryProviderHealth;
  readonly server: AuthorizationServer;
};

/** @param from begins as that one is now */
export function createWorld(kind: ProviderKind, from?: World): World {
  const provider: CentralProvider = { ...rdStation, rotation: kind.policy };
  return {
    kind,
    provider,
    now: from?.now ?? Date.UTC(2026, 10, 21, 18),
    connections: memoryConnections(from?.connections),
    authorizations: memoryAuthorizations(from?.authorizations),
    versions: memorySecretVersions(from?.versions),
    events: memoryEvents(from?.events),
    health: memoryProviderHealth(from?.health),
    server: authorizationServer(kind, from?.server.state),
  };
}

/** The connection as it is stored. */
export function stored(world: World) {
  return world.connections.items.get(acme)?.connection;
}

/** The same for two worlds from which the same can follow. */
export function fingerprint(world: World): number {
  const { connections, authorizations, versions, events, health, server } = world;
  const item = connections.items.get(acme);
  const secret = versions.secrets.get(secretName);
  const parts = [
    world.now,
    item === undefined ? 0 : `${hashData(item.connection)} ${item.dueAt}`,
    ...[...authorizations.tickets.values(), ...authorizations.requests.values()].map(hashData),
    ...[...health.stored.values()].map(hashData),
    ...(secret === undefined ? [] : [secret.current, ...secret.versions.keys()]),
    // At least once: how often does not matter, nor in which order.
    ...new Set(events.sent.map(({ event }) => hashData(event)).sort()),
    ...events.sentOfBreakers.map(({ id }) => id),
    server.fingerprint(),
  ];
  return hashText(parts.join("\n"));
}
