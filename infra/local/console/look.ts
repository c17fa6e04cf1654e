import { type OpenBreakers, openedFor, withBreakerEvent } from "./open-breakers.ts";
import { lastRefreshOf, type RefreshHistory, refreshOfEvent, withRefresh } from "./refresh-history.ts";
import type { BusEvent, ConnectionsView, ConsoleState, FaultView, Metadata, ProviderView } from "./state.ts";
import { type KnownProvider, read, type Surroundings, switchesUrl } from "./surroundings.ts";
import { createTokenReader, idOf } from "./token-facts.ts";

/** Connections that are asked for at once: as many as the HTTP API gives. */
const pageSize = 100;
/** Events that it shows. */
const mostEvents = 40;

/**
 * Makes the look at everything that the console shows. It remembers what can be seen only while it happens: of each
 * connection the refreshes, in the memory of this process, bounded.
 *
 * @returns takes how many connections to show; never rejects: what cannot be read is shown as it was, with the reason beside it
 */
export function createLook(surroundings: Surroundings): (mostConnections: number) => Promise<ConsoleState> {
  const tokenFacts = createTokenReader(surroundings);
  let histories = new Map<string, RefreshHistory>();
  let breakers: OpenBreakers = new Map();
  let events: readonly BusEvent[] = [];
  let connections: ConnectionsView = { connections: [], hasMore: false, problem: null };
  let providers: readonly ProviderView[] = [];

  async function lookAtEvents(): Promise<void> {
    const url = `${surroundings.awsUrl}/_local/events?after=${events[0]?.number ?? 0}`;
    const { events: added } = await read<{ readonly events: readonly BusEvent[] }>(surroundings, url);
    for (const event of added) {
      const { provider, account } = event.detail as Partial<Pick<Metadata, "provider" | "account">>;
      if (provider !== undefined && account !== undefined) remember(idOf({ provider, account }), refreshOfEvent(event));
      breakers = withBreakerEvent(breakers, event);
    }
    events = [...added.map(shown).reverse(), ...events].slice(0, mostEvents);
  }

  function remember(id: string, refresh: ReturnType<typeof refreshOfEvent>): void {
    histories.set(id, withRefresh(histories.get(id) ?? [], refresh));
  }

  async function lookAtConnections(most: number): Promise<void> {
    const { listed, hasMore } = await readList(surroundings, most);
    for (const connection of listed) remember(idOf(connection), lastRefreshOf(connection));
    histories = new Map(listed.map((connection) => [idOf(connection), histories.get(idOf(connection)) ?? []]));
    const facts = await tokenFacts(listed);
    const views = listed.map((connection) => {
      const id = idOf(connection);
      return {
        ...connection,
        leftAlone: openedFor(breakers, connection),
        token: facts.get(id) ?? null,
        refreshes: histories.get(id) ?? [],
      };
    });
    connections = { connections: views, hasMore, problem: null };
  }

  return async (mostConnections) => {
    try {
      await lookAtEvents();
      await lookAtConnections(mostConnections);
      providers = await Promise.all(surroundings.providers.map((provider) => lookAtProvider(surroundings, provider)));
    } catch (error) {
      connections = { ...connections, problem: error instanceof Error ? error.message : String(error) };
    }
    return { providers, connections, events };
  };
}

/** Without what EventBridge adds to every event. */
function shown({ number, time, detail_type, detail }: BusEvent): BusEvent {
  return { number, time, detail_type, detail };
}

type Page = { readonly connections: readonly Metadata[]; readonly next_cursor: string | null };

/** The first connections, over as many pages as it takes: a page may be short. */
async function readList(
  surroundings: Surroundings,
  most: number,
): Promise<{ readonly listed: readonly Metadata[]; readonly hasMore: boolean }> {
  const listed: Metadata[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(pageSize), ...(cursor === null ? {} : { cursor }) });
    const page: Page = await read(surroundings, `${surroundings.brokerUrl}/v1/connections?${query}`);
    listed.push(...page.connections);
    cursor = page.next_cursor;
  } while (cursor !== null && listed.length <= most);
  return { listed: listed.slice(0, most), hasMore: listed.length > most };
}

async function lookAtProvider(surroundings: Surroundings, provider: KnownProvider): Promise<ProviderView> {
  const { isSandbox, ...facts } = provider;
  if (!isSandbox) return { ...facts, sandbox: null };
  const switches = switchesUrl(surroundings, facts.id);
  const [{ rotation, token_seconds }, { faults }] = await Promise.all([
    read<{ readonly rotation: string; readonly token_seconds: number }>(surroundings, `${switches}/settings`),
    read<{ readonly faults: readonly FaultView[] }>(surroundings, `${switches}/faults`),
  ]);
  return { ...facts, sandbox: { rotation, token_seconds, faults } };
}
