/** @import { ConnectionView } from "../state.ts" */
import { part, setText } from "./parts.js";
import { duration } from "./times.js";

/**
 * The bar that runs down with the life of an access token, and the mark on it from which on it is refreshed.
 *
 * @param {HTMLElement} card
 * @returns {(connection: ConnectionView, now: number) => void}
 */
export function lifeBar(card) {
  const life = part(card, "life");
  const left = part(card, "left");
  const due = part(card, "due");
  const text = part(card, "life-text");
  return ({ status, expires_at, refresh_at, token }, now) => {
    life.hidden = status === "revoked" || status === "revoking" || expires_at === null;
    if (expires_at === null) return;
    const expiresAt = Date.parse(expires_at);
    const rest = Math.max(0, expiresAt - now);
    // A token whose beginning nobody could read has expired: its whole life would have been enough time to read it.
    const whole = token === null ? Number.POSITIVE_INFINITY : expiresAt - Date.parse(token.issued_at);
    const share = Math.min(1, rest / whole);
    left.style.setProperty("transform", `scaleX(${share.toFixed(4)})`);
    const dueShare = refresh_at === null ? 0 : (expiresAt - Date.parse(refresh_at)) / whole;
    due.hidden = rest === 0 || dueShare <= 0 || dueShare >= 1;
    due.style.setProperty("inset-inline-start", `${(dueShare * 100).toFixed(2)}%`);
    setText(text, rest === 0 ? "expired" : `${duration(rest)} left`);
  };
}
