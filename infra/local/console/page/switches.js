/** @import { FaultView, ProviderView } from "../state.ts" */
import { turnSwitch } from "./actions.js";
import { act } from "./notice.js";
import { byId, copyOf, element, part, query, setText } from "./parts.js";
import { breakages } from "./texts.js";

/**
 * The sandbox's switches, provider by provider.
 *
 * @returns {(providers: readonly ProviderView[]) => void}
 */
export function switches() {
  const place = byId("switches", HTMLElement);
  /** @type {Map<string, (provider: ProviderView) => void>} */
  const shown = new Map();
  return (providers) => {
    for (const provider of providers) {
      if (!shown.has(provider.id)) {
        const { details, show } = switchesOf(provider);
        details.open = shown.size === 0;
        shown.set(provider.id, show);
        place.append(details);
      }
      shown.get(provider.id)?.(provider);
    }
  };
}

/** @param {ProviderView} provider */
function switchesOf({ id, name, hasApprovalPage }) {
  const details = /** @type {HTMLDetailsElement} */ (copyOf("provider-switches"));
  const notice = part(details, "notice");
  const clear = part(details, "clear", HTMLButtonElement);
  const faults = part(details, "faults", HTMLFormElement);
  const settings = part(details, "settings", HTMLFormElement);
  const fault = query(faults, '[name="fault"]', HTMLSelectElement);
  const times = query(faults, '[name="times"]', HTMLSelectElement);
  const rotation = query(settings, '[name="rotation"]', HTMLSelectElement);
  const life = query(settings, '[name="token_seconds"]', HTMLInputElement);
  setText(part(details, "name"), name);
  faults.ariaLabel = `Break ${name}`;
  settings.ariaLabel = `Tokens of ${name}`;
  const offered = breakages.filter(({ needsClient }) => hasApprovalPage || needsClient === undefined);
  fault.append(...offered.map(({ value, text }) => element("option", text, { value })));

  faults.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = offered.find(({ value }) => value === fault.value)?.fault;
    const limit = times.value === "" ? {} : { times: Number(times.value) };
    const aimed = { ...chosen, ...limit, id: fault.value, endpoint: "token", redeems: "refresh_token" };
    void act(notice, part(details, "break", HTMLButtonElement), async () => {
      await turnSwitch(id, "faults", { faults: [aimed] });
      return { text: `${name} is broken from now on.` };
    });
  });
  clear.addEventListener("click", () =>
    act(notice, clear, async () => {
      await turnSwitch(id, "faults", { faults: [] });
      return { text: `${name} works again.` };
    }),
  );
  // One after the other: what is changed while another change is under way waits for it.
  let changes = Promise.resolve();
  settings.addEventListener("submit", (event) => event.preventDefault());
  settings.addEventListener("change", (event) => {
    if (!settings.reportValidity()) return;
    const change = event.target === life ? { token_seconds: life.valueAsNumber } : { rotation: rotation.value };
    changes = changes.then(() =>
      act(notice, settings, async () => {
        await turnSwitch(id, "settings", change);
        return { text: "Set, for the next tokens." };
      }),
    );
  });

  /** @param {ProviderView} provider */
  const show = ({ sandbox }) => {
    faults.hidden = settings.hidden = sandbox === null;
    const state = part(details, "state");
    if (sandbox === null) return setText(state, "the real one");
    const inForce = sandbox.faults.filter(({ left }) => left !== 0);
    state.dataset["broken"] = String(inForce.length > 0);
    setText(state, inForce.length > 0 ? "broken" : "");
    clear.hidden = inForce.length === 0;
    part(details, "list").replaceChildren(...inForce.map((set) => element("li", describe(set))));
    // What a person is changing is left alone.
    if (document.activeElement !== rotation) rotation.value = sandbox.rotation;
    if (document.activeElement !== life) life.value = String(sandbox.token_seconds);
  };
  return { details, show };
}

/** @param {FaultView} fault */
function describe({ id, kind, hits, left, endpoint }) {
  const known = breakages.find(({ value }) => value === id);
  const what = known === undefined ? `${kind}${endpoint === undefined ? "" : ` at ${endpoint}`}` : known.text;
  const seen = hits === 1 ? "hit once" : `hit ${hits} times`;
  return `${what}: ${seen}, ${left === null ? "until it is repaired" : `${left} to go`}`;
}
