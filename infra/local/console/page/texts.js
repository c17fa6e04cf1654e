/** @import { ConnectionView, SeenRefresh } from "../state.ts" */

/** @type {Readonly<Record<ConnectionView["status"], string>>} */
export const statusTexts = {
  active: "active",
  degraded: "degraded",
  reauthorization_required: "reauthorization required",
  revoking: "revoking",
  revoked: "revoked",
};

/** What the HTTP API's answer to a revocation says, in words. @type {Readonly<Record<string, string>>} */
export const upstreamTexts = {
  revoked: "Revoked: the provider has ended the grant.",
  already_invalid: "Revoked: the provider had ended the grant already.",
  unsupported: "Revoked here only: the provider cannot be asked to end the grant.",
  abandoned: "Revoked: the provider was not waited for. End the grant there by hand.",
};

/**
 * What a person should know of a connection that is not simply active.
 *
 * @param {ConnectionView} connection
 * @returns {string}
 */
export function explanation({ status, reason, last_refresh, leftAlone }) {
  switch (status) {
    case "active":
      return breakerText(leftAlone);
    case "degraded":
      return breakerText(leftAlone) || `The last refresh failed (${last_refresh.code}). It is tried again by itself.`;
    case "reauthorization_required":
      return `The provider says that the grant is dead (${reason}). Its owner has to connect it again.`;
    case "revoking":
      return "Nobody is given its token any more. The provider has not answered yet, and is asked again by itself.";
    case "revoked":
      return "The tokens are removed. Connect it again to use it.";
  }
}

/** @param {string | null} code what a breaker is open for */
function breakerText(code) {
  if (code === null) return "";
  if (code === "client_credentials_rejected") {
    return "The provider refuses our client credentials, so it is left alone. One refresh at a time finds out when they are right.";
  }
  return `Refreshes failed one after the other (${code}), so the provider is left alone for a while. One at a time finds out when it is back.`;
}

/** @param {Pick<SeenRefresh, "outcome" | "code">} refresh */
export function outcomeText({ outcome, code }) {
  return code === null ? outcome : `${outcome} (${code})`;
}

/**
 * What can be done to a provider's token endpoint, as docs/sandbox.md has it. Only refreshes are hit.
 *
 * @type {readonly { readonly value: string, readonly text: string, readonly fault: Readonly<Record<string, unknown>>, readonly needsClient?: true }[]}
 */
export const breakages = [
  { value: "server-error", text: "answers 503", fault: { kind: "server-error", status: 503 } },
  { value: "rate-limit", text: "answers 429, come back in 5 s", fault: { kind: "rate-limit", retry_after: 5 } },
  { value: "html", text: "answers with a web page", fault: { kind: "html" } },
  { value: "delay", text: "takes 10 s to answer", fault: { kind: "delay", milliseconds: 10_000 } },
  { value: "reset", text: "hangs up", fault: { kind: "reset" } },
  {
    value: "lost-answer",
    text: "redeems the token and loses its answer",
    fault: { kind: "reset", processed: true },
  },
  { value: "grant", text: "says the grant is dead", fault: { kind: "invalid-refresh-token" } },
  { value: "client", text: "refuses our client credentials", fault: { kind: "wrong-client" }, needsClient: true },
];
