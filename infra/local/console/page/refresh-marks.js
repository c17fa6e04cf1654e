/** @import { SeenRefresh } from "../state.ts" */
import { element, part, setText } from "./parts.js";
import { outcomeText } from "./texts.js";
import { clockTime } from "./times.js";

/**
 * A mark for each refresh that the console has seen, the newest at the end: high where it succeeded, low where not.
 *
 * @param {HTMLElement} card
 * @returns {(refreshes: readonly SeenRefresh[]) => void}
 */
export function refreshMarks(card) {
  const marks = part(card, "marks");
  const tally = part(card, "tally");
  let shown = "";
  return (refreshes) => {
    const key = JSON.stringify(refreshes);
    if (key === shown) return;
    shown = key;
    const words = tallyOf(refreshes);
    marks.ariaLabel = `Refreshes that were seen: ${words}`;
    setText(tally, words);
    marks.replaceChildren(
      ...refreshes.map((refresh) => {
        const title = `${clockTime(refresh.at)} ${outcomeText(refresh)}`;
        return element("span", "", { class: `mark-${refresh.outcome}`, title });
      }),
    );
  };
}

/**
 * How many ended how. The newest that did not succeed is told in full: what its mark says to the mouse alone.
 *
 * @param {readonly SeenRefresh[]} refreshes
 */
function tallyOf(refreshes) {
  if (refreshes.length === 0) return "No refresh seen yet";
  const trouble = refreshes.findLast(({ outcome }) => outcome !== "succeeded");
  return /** @type {const} */ (["succeeded", "failed", "unknown"])
    .map((outcome) => ({ outcome, count: refreshes.filter((refresh) => refresh.outcome === outcome).length }))
    .filter(({ outcome, count }) => count > 0 || outcome === "succeeded")
    .map(
      ({ outcome, count }) => `${count} ${outcome}${trouble?.outcome === outcome ? ` (${whenAndWhy(trouble)})` : ""}`,
    )
    .join(", ");
}

/** @param {SeenRefresh} refresh */
function whenAndWhy({ at, code }) {
  return `last at ${clockTime(at)}${code === null ? "" : `, ${code}`}`;
}
