/** @import { Done } from "./actions.js" */
import { element } from "./parts.js";

/** How long a notice stays, in milliseconds: of what was done, what failed, and where a person has something to do. */
const stay = { done: 12_000, failed: 30_000, asked: 120_000 };

/** @type {WeakMap<HTMLElement, ReturnType<typeof setTimeout>>} */
const timers = new WeakMap();

/**
 * Does what a button or a form is for, and tells beside it how it went. Until then it does nothing else.
 *
 * @param {HTMLElement} notice
 * @param {HTMLElement} control
 * @param {() => Promise<Done>} action
 */
export async function act(notice, control, action) {
  // Not `disabled`, which would take the focus away from whoever pressed it.
  if (control.ariaBusy === "true") return;
  control.ariaBusy = "true";
  clearTimeout(timers.get(notice));
  notice.replaceChildren();
  try {
    say(notice, await action(), "done");
  } catch (error) {
    say(notice, { text: error instanceof Error ? error.message : String(error) }, "failed");
  } finally {
    control.ariaBusy = "false";
  }
}

/**
 * @param {HTMLElement} notice
 * @param {Done} done
 * @param {"done" | "failed"} kind
 */
function say(notice, { text, asked, link }, kind) {
  notice.dataset["kind"] = kind;
  notice.replaceChildren(asked === undefined ? text : `${text} ${asked}`);
  if (link !== undefined) {
    notice.append(" ", element("a", "Open it again", { href: link, target: "_blank", rel: "noopener noreferrer" }));
  }
  const staying = asked === undefined && link === undefined ? stay[kind] : stay.asked;
  timers.set(
    notice,
    setTimeout(() => notice.replaceChildren(), staying),
  );
}
