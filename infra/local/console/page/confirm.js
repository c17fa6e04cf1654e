import { byId } from "./parts.js";

/**
 * Asks before what cannot be taken back.
 *
 * @param {string} question
 * @returns {Promise<boolean>} whether the person wants it
 */
export function confirmed(question) {
  const dialog = byId("confirm", HTMLDialogElement);
  byId("confirm-title", HTMLElement).textContent = question;
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "revoke"), { once: true });
  });
}
