/** @import { ConnectionView, ProviderView } from "../state.ts" */
/** @import { Done } from "./actions.js" */
import { connect, refresh, reject, revoke } from "./actions.js";
import { confirmed } from "./confirm.js";
import { lifeBar } from "./life-bar.js";
import { act } from "./notice.js";
import { copyOf, part, query, setText } from "./parts.js";
import { refreshMarks } from "./refresh-marks.js";
import { explanation, statusTexts } from "./texts.js";
import { fromNow } from "./times.js";

/** In which statuses a button is there. @type {Readonly<Record<string, readonly ConnectionView["status"][]>>} */
const offered = {
  connect: ["reauthorization_required", "revoking", "revoked"],
  refresh: ["active", "degraded", "reauthorization_required"],
  reject: ["active", "degraded"],
  revoke: ["active", "degraded", "reauthorization_required"],
};

/**
 * One connection.
 *
 * @param {ConnectionView} first
 * @param {(id: string) => ProviderView | undefined} providerOf
 */
export function connectionCard(first, providerOf) {
  const card = copyOf("card");
  const id = `${first.provider}/${first.account}`;
  const showLife = lifeBar(card);
  const showRefreshes = refreshMarks(card);
  const provider = () => providerOf(first.provider) ?? unknownProvider(first.provider);
  let connection = first;

  /** @type {Readonly<Record<string, () => Promise<Done>>>} */
  const actions = {
    connect: () => connect(provider(), first.account),
    refresh: () => refresh(connection),
    reject: () => reject(connection),
    revoke: async () => ((await confirmed(`Revoke ${id}?`)) ? revoke(provider(), connection) : { text: "" }),
  };
  const buttons = Object.entries(actions).map(([name, action]) => {
    const button = query(card, `[data-action="${name}"]`, HTMLButtonElement);
    button.ariaLabel = `${button.textContent} ${id}`;
    button.addEventListener("click", () => act(part(card, "notice"), button, action));
    return { button, name };
  });

  /** What runs on by itself. @param {number} now epoch milliseconds */
  const tick = (now) => {
    const { refresh_at, last_refresh } = connection;
    showLife(connection, now);
    const isDue = refresh_at !== null && Date.parse(refresh_at) <= now;
    setText(part(card, "next"), isDue ? "due now" : fromNow(refresh_at, now));
    const { at, outcome } = last_refresh;
    setText(part(card, "last"), outcome === null ? "–" : `${outcome}, ${fromNow(at, now)}`);
  };

  /** @param {ConnectionView} latest */
  const show = (latest) => {
    connection = latest;
    card.dataset["status"] = latest.status;
    card.dataset["leftAlone"] = String(latest.leftAlone !== null);
    setText(part(card, "title"), latest.label ?? latest.account);
    setText(part(card, "id"), id);
    setText(part(card, "provider"), providerOf(latest.provider)?.name ?? "");
    setText(part(card, "status"), statusTexts[latest.status]);
    setText(part(card, "explanation"), explanation(latest));
    setText(part(card, "generation"), String(latest.generation));
    setText(part(card, "fingerprint"), latest.token?.fingerprint ?? "–");
    showRefreshes(latest.refreshes);
    for (const { button, name } of buttons) {
      button.hidden = !offered[name]?.includes(latest.status) || (name === "reject" && latest.token === null);
    }
    tick(Date.now());
  };
  show(first);
  return { card, show, tick };
}

/** @param {string} id */
function unknownProvider(id) {
  return { id, name: id, hasApprovalPage: true, endedByHand: null };
}
