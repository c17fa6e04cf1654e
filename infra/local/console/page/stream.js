/** @import { ConsoleState } from "../state.ts" */

/** Before a broker that turned us away is asked again, in milliseconds. */
const pause = 1_000;

/**
 * Receives every part of the state, now and whenever it changes. A broker that goes away is waited for.
 *
 * @param {{ [Part in keyof ConsoleState]: (part: ConsoleState[Part]) => void }} show
 * @param {(isLive: boolean) => void} tell
 */
export function receive(show, tell) {
  const source = new EventSource("/console/events");
  source.addEventListener("open", () => tell(true));
  for (const [name, take] of Object.entries(show)) {
    source.addEventListener(name, ({ data }) => take(JSON.parse(data)));
  }
  source.addEventListener("error", () => {
    tell(false);
    // A browser asks again by itself where nobody answers, but not where it was answered with an error.
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => receive(show, tell), pause);
  });
}
