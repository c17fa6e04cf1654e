/** @import { ConsoleState } from "../state.ts" */

/** Before a broker that turned us away is asked again, in milliseconds. */
const pause = 1_000;

/**
 * Receives every part of the state, now and whenever it changes. A broker that goes away is waited for.
 *
 * A tab that nobody sees lets go of its stream: a browser has six connections to one address, whatever the number of its tabs,
 * and whoever has seven tabs open would wait for ever, on the pages of the account owner as well.
 *
 * @param {{ [Part in keyof ConsoleState]: (part: ConsoleState[Part]) => void }} show
 * @param {(isLive: boolean) => void} tell
 * @returns {(connections: number) => void} asks for that many connections from now on
 */
export function receive(show, tell) {
  /** @type {EventSource | undefined} */
  let source;
  let query = "";
  const listen = () => {
    source?.close();
    if (document.hidden) return;
    source = new EventSource(`/console/events${query}`);
    source.addEventListener("open", () => tell(true));
    for (const [name, take] of Object.entries(show)) {
      source.addEventListener(name, ({ data }) => take(JSON.parse(data)));
    }
    source.addEventListener("error", () => {
      tell(false);
      // A browser asks again by itself where nobody answers, but not where it was answered with an error.
      if (source?.readyState === EventSource.CLOSED) setTimeout(listen, pause);
    });
  };
  document.addEventListener("visibilitychange", listen);
  listen();
  return (connections) => {
    query = `?connections=${connections}`;
    listen();
  };
}
