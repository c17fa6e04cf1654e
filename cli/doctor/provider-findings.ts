import type { Provider } from "../../shared/providers/provider.ts";
import type { Finding } from "./finding.ts";

type Found = Omit<Finding, "check">;

export const publicUrlAdvice = "The broker's PUBLIC_URL has to be the address that browsers reach it at.";

/** What a callback URL without a `state` has answered: a page of ours loads nothing. undefined where nobody answers. */
export function callbackFinding(
  callback: string,
  answer: { readonly status: number; readonly headers: Headers } | undefined,
): Found {
  const policy = answer?.headers.get("content-security-policy") ?? "";
  if (answer?.status === 400 && policy.startsWith("default-src 'none'"))
    return { verdict: "ok", found: `the callback URL is ${callback}` };
  const said = answer === undefined ? "is not reachable from here" : `answers ${answer.status}, which is not ours`;
  return { verdict: "problem", found: `the callback URL ${callback} ${said}`, advice: publicUrlAdvice };
}

/**
 * What the provider's page, asked as the broker would have a browser ask, has answered. Outside the sandbox only a refusal says
 * something: everybody who is not signed in may be shown the same page, or sent to another one.
 *
 * @param status undefined where nobody answers
 */
export function pageFinding(
  { id, name }: Pick<Provider, "id" | "name">,
  isSandbox: boolean,
  origin: string,
  status: number | undefined,
): Found {
  if (status === undefined || isFailing(status)) return hostFinding(name, origin, status);
  // Anything else of 4xx may be meant for a program that is no browser.
  if (status === 400 || status === 401) {
    const found = `${name} refuses this callback URL, or our client_id (${status})`;
    const advice = `Register the callback URL there, character by character, or store the client_id that is: chaveiro client set ${id}`;
    return { verdict: "problem", found, advice };
  }
  if (isSandbox && status === 200) return { verdict: "ok", found: "the sandbox knows it, and our client_id" };
  const found = `whether ${name} knows it shows only to who signs in there (${status} without)`;
  return { verdict: "skipped", found, advice: "It has to be registered there, character by character." };
}

/** Whether a host of the provider answers. `status`: undefined where it does not. */
export function hostFinding(name: string, origin: string, status: number | undefined): Found {
  if (status !== undefined && !isFailing(status))
    return { verdict: "ok", found: `${name} answers this machine at ${origin}` };
  const said = status === undefined ? "does not answer this machine" : `answers this machine with ${status}`;
  const advice = "Look at the provider's status page, and at the way from this machine to it.";
  return { verdict: "warning", found: `${name} ${said} at ${origin}`, advice };
}

/** It fails, or wants to be left alone: that says nothing about what was asked. */
function isFailing(status: number): boolean {
  return status >= 500 || status === 429;
}
