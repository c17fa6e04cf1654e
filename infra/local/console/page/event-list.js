/** @import { BusEvent } from "../state.ts" */
import { byId, element } from "./parts.js";
import { clockTime } from "./times.js";

/** How an event's name is coloured. @type {Readonly<Record<string, string>>} */
const tones = {
  authorized: "good",
  recovered: "good",
  degraded: "warning",
  unavailable: "warning",
  revoking: "warning",
  reauthorization_required: "bad",
  client_credentials_rejected: "bad",
};

/**
 * What the local bus has accepted.
 *
 * @returns {(events: readonly BusEvent[]) => void}
 */
export function eventList() {
  const list = byId("event-list", HTMLElement);
  return (events) => {
    byId("no-events", HTMLElement).hidden = events.length > 0;
    list.replaceChildren(...events.map(item));
  };
}

/** @param {BusEvent} event */
function item({ detail_type, time, detail }) {
  const made = element("li", "");
  const name = detail_type.slice(detail_type.indexOf(".") + 1);
  const what = element("code", "", { class: `tone-${tones[name] ?? "plain"}` });
  // Where a name is longer than its line, the line breaks behind the dot.
  what.append(detail_type.slice(0, -name.length), element("wbr", ""), name);
  const when = element("time", clockTime(time), { datetime: time });
  made.append(when, what, element("p", describe(detail)));
  return made;
}

/** @param {Readonly<Record<string, any>>} detail */
function describe({ connection, provider, origin, previous_status, status, reason, code, upstream, generation }) {
  const why = reason ?? code ?? (upstream && `upstream: ${upstream}`);
  if (connection === undefined) return [`${provider} at ${origin}`, why].filter(Boolean).join(" · ");
  const change = previous_status === null || previous_status === status ? status : `${previous_status} → ${status}`;
  return [connection, change.replaceAll("_", " "), why, `generation ${generation}`].filter(Boolean).join(" · ");
}
