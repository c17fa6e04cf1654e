/** @import { ConnectionsView, ProviderView } from "../state.ts" */
import { connectionCard } from "./connection-card.js";
import { byId, setText } from "./parts.js";

/** Between two steps of the bars, in milliseconds. */
const step = 500;

/** How many more connections are shown at a time. */
const more = 100;

/**
 * The list of connections.
 *
 * @param {(id: string) => ProviderView | undefined} providerOf
 * @param {(count: number) => void} ask for that many connections
 * @returns {(view: ConnectionsView) => void}
 */
export function connectionList(providerOf, ask) {
  const list = byId("cards", HTMLElement);
  const problem = byId("problem", HTMLElement);
  /** @type {Map<string, ReturnType<typeof connectionCard>>} */
  let cards = new Map();
  byId("show-more", HTMLElement).addEventListener("click", () => ask(cards.size + more));
  setInterval(() => {
    for (const { tick } of cards.values()) tick(Date.now());
  }, step);

  return ({ connections, hasMore, problem: reason }) => {
    const known = cards;
    cards = new Map(
      connections.map((connection) => {
        const id = `${connection.provider}/${connection.account}`;
        const card = known.get(id) ?? connectionCard(connection, providerOf);
        card.show(connection);
        return [id, card];
      }),
    );
    for (const [id, { card }] of known) if (!cards.has(id)) card.remove();
    // Moved only where it has to be: what is moved loses the focus.
    [...cards.values()].forEach(({ card }, index) => {
      if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
    });
    setText(byId("count", HTMLElement), countOf(connections, hasMore));
    byId("empty", HTMLElement).hidden = connections.length > 0 || reason !== null;
    byId("more", HTMLElement).hidden = !hasMore;
    setText(byId("first", HTMLElement), `These are the first ${connections.length}.`);
    problem.hidden = reason === null;
    setText(problem, reason === null ? "" : `The list could not be read: ${reason} What is shown may be old.`);
  };
}

/**
 * @param {ConnectionsView["connections"]} connections
 * @param {boolean} hasMore
 */
function countOf(connections, hasMore) {
  const active = connections.filter(({ status }) => status === "active").length;
  const all = hasMore ? `the first ${connections.length}` : connections.length;
  return connections.length === 0 ? "" : `${active} of ${all} active`;
}
