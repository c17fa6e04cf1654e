/** @import { ProviderView } from "../state.ts" */
import { connectForm } from "./connect-form.js";
import { connectionList } from "./connection-list.js";
import { eventList } from "./event-list.js";
import { byId, setText } from "./parts.js";
import { receive } from "./stream.js";
import { switches } from "./switches.js";

/** @type {ReadonlyMap<string, ProviderView>} */
let known = new Map();
const showInForm = connectForm();
const showSwitches = switches();
const live = byId("stream", HTMLElement);

const ask = receive(
  {
    providers: (providers) => {
      known = new Map(providers.map((provider) => [provider.id, provider]));
      showInForm(providers);
      showSwitches(providers);
    },
    connections: connectionList(
      (id) => known.get(id),
      (count) => ask(count),
    ),
    events: eventList(),
  },
  (isLive) => {
    live.dataset["live"] = String(isLive);
    setText(live, isLive ? "Live" : "The broker does not answer. Waiting for it…");
  },
);
