/** @import { ConnectionView, ProviderView } from "../state.ts" */
import { upstreamTexts } from "./texts.js";

/**
 * What was done, and what a person has to do now, in sentences; and where they go on.
 *
 * @typedef {{ readonly text: string, readonly asked?: string, readonly link?: string }} Done
 */
/** @typedef {Pick<ConnectionView, "provider" | "account">} Named */

/**
 * Connects an account, for the first time or again: on the provider's page, which opens in a tab of its own, or by a
 * refresh token from the sandbox.
 *
 * @param {Pick<ProviderView, "id" | "name" | "hasApprovalPage">} provider
 * @param {string} account
 * @returns {Promise<Done>}
 */
export async function connect(provider, account) {
  const named = { provider: provider.id, account };
  if (!provider.hasApprovalPage) {
    await call("POST", `/console${path(named)}/hand-in`);
    return { text: `Connected with a key that the sandbox of ${provider.name} has made.` };
  }
  // Opened while the click is being handled: a tab that opens later counts as a pop-up.
  const tab = window.open("", "_blank");
  try {
    const { authorization_url } = await call("POST", `/v1${path(named)}/authorization`);
    if (tab === null) return { text: "Authorize on the page of the provider.", link: authorization_url };
    tab.opener = null;
    tab.location.href = authorization_url;
    return {
      text: `Authorize on the page of ${provider.name} that has opened in another tab.`,
      link: authorization_url,
    };
  } catch (error) {
    tab?.close();
    throw error;
  }
}

/** @param {Named} connection @returns {Promise<Done>} */
export async function refresh(connection) {
  const { generation } = await call("POST", `/v1${path(connection)}/refresh`);
  return { text: `Refreshed: generation ${generation}.` };
}

/**
 * Reports the token that the page shows. The answer holds the next one, which the page must not have: the console's
 * server part asks.
 *
 * @param {ConnectionView} connection
 * @returns {Promise<Done>}
 */
export async function reject(connection) {
  const rejected = connection.token?.fingerprint ?? "";
  const { generation } = await call("POST", `/console${path(connection)}/rejection`, { rejected });
  const isNew = generation > connection.generation;
  return {
    text: isNew ? `Reported as rejected, and refreshed: generation ${generation}.` : "It was replaced already.",
  };
}

/**
 * @param {Pick<ProviderView, "endedByHand">} provider
 * @param {Named} connection
 * @returns {Promise<Done>}
 */
export async function revoke({ endedByHand }, connection) {
  const { upstream } = await call("DELETE", `/v1${path(connection)}`);
  const text = upstreamTexts[upstream] ?? "Being revoked: the provider does not answer, and is asked again.";
  return upstream === "unsupported" ? { text, asked: endedByHand ?? "Its owner can end it there." } : { text };
}

/**
 * @param {string} provider
 * @param {"settings" | "faults"} what
 * @param {object} change
 */
export async function turnSwitch(provider, what, change) {
  await call("PUT", `/console/sandbox/${provider}/${what}`, change);
}

/** @param {Named} connection */
function path({ provider, account }) {
  return `/connections/${encodeURIComponent(provider)}/${encodeURIComponent(account)}`;
}

/**
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @returns {Promise<any>} what was answered
 * @throws {Error} with a sentence for the person who clicked
 */
async function call(method, url, body) {
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  }).catch(() => {
    throw new Error("The broker does not answer. Is npm start running?");
  });
  const content = await answer.json().catch(() => ({}));
  if (answer.ok) return content;
  throw new Error(content.detail ?? content.error ?? `The broker answered ${answer.status}.`);
}
