/** @import { ProviderView } from "../state.ts" */
import { connect } from "./actions.js";
import { act } from "./notice.js";
import { byId, element, part, query } from "./parts.js";

/**
 * The form that connects an account.
 *
 * @returns {(providers: readonly ProviderView[]) => void} shows which providers there are
 */
export function connectForm() {
  const form = byId("connect", HTMLFormElement);
  const provider = query(form, "select", HTMLSelectElement);
  const account = query(form, "input", HTMLInputElement);
  /** @type {readonly ProviderView[]} */
  let known = [];
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = known.find(({ id }) => id === provider.value);
    if (chosen === undefined) return;
    void act(part(form, "notice"), query(form, "button", HTMLButtonElement), () => connect(chosen, account.value));
  });
  return (providers) => {
    known = providers;
    // A key that is handed in has to come from somewhere: of a real provider, nobody but its customer has one.
    const offered = providers.filter(({ hasApprovalPage, sandbox }) => hasApprovalPage || sandbox !== null);
    if (offered.length === provider.options.length) return;
    provider.replaceChildren(...offered.map(({ id, name }) => element("option", name, { value: id })));
  };
}
