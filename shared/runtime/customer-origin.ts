import { BrokerError } from "../broker/error.ts";
import type { ReadOrigin } from "../broker/ports.ts";
import { loopbackNames } from "./config.ts";

/**
 * How the origin of a customer's host has to be written: https, a name, and nothing more. What the name leads to is a
 * question for whoever connects to it.
 *
 * @param settings `allowLoopback`: a local setting, for http and a path on this machine, as sandboxes have
 */
export function customerOrigins(settings: { readonly allowLoopback: boolean }): ReadOrigin {
  return (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && isOriginOnly(url, text)) return url.origin;
    if (url !== undefined && settings.allowLoopback && isOnThisMachine(url)) return url.href.replace(/\/+$/, "");
    throw new BrokerError(
      "invalid_request",
      "origin has to be the https origin of the customer's host and nothing more, such as https://itflex.example.com.",
    );
  };
}

function isOriginOnly(url: URL, text: string): boolean {
  const isNamed = /^([a-z0-9_-]+\.)+[a-z][a-z0-9-]*$/.test(url.hostname);
  return url.protocol === "https:" && isNamed && url.port === "" && text.toLowerCase() === url.origin;
}

function isOnThisMachine(url: URL): boolean {
  const { protocol, hostname, username, password, search, hash } = url;
  return protocol === "http:" && loopbackNames.has(hostname) && `${username}${password}${search}${hash}` === "";
}
