/** @import { Done } from "./actions.js" */
import { element } from "./parts.js";

/** How long a notice stays, in milliseconds: of what was done, what failed, and where a person has something to do. */
const stay = { done: 12_000, failed: 30_000, asked: 120_000 };

/** @type {WeakMap<HTMLElement, ReturnType<typeof setTimeout>>} */
const timers = new WeakMap();

/**
 * Does what a button is for, and tells beside it how it went. The button cannot be pressed again meanwhile.
 *
 * @param {HTMLElement} notice
 * @param {HTMLButtonElement} button
 * @param {() => Promise<Done>} action
 */
export async function act(notice, button, action) {
  // Not `disabled`, which would take the focus away from whoever pressed it.
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  clearTimeout(timers.get(notice));
  notice.replaceChildren();
  try {
    say(notice, await action(), "done");
  } catch (error) {
    say(notice, { text: error instanceof Error ? error.message : String(error) }, "failed");
  } finally {
    button.ariaBusy = "false";
  }
}

/**
 * @param {HTMLElement} notice
 * @param {Done} done
 * @param {"done" | "failed"} kind
 */
function say(notice, { text, link }, kind) {
  notice.dataset["kind"] = kind;
  notice.replaceChildren(text);
  if (link !== undefined) {
    notice.append(" ", element("a", "Open it again", { href: link, target: "_blank", rel: "noopener noreferrer" }));
  }
  const staying = link === undefined ? stay[kind] : stay.asked;
  timers.set(
    notice,
    setTimeout(() => notice.replaceChildren(), staying),
  );
}
