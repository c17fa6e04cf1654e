import { BrokerError } from "../../broker/error.ts";
import type { ReadOrigin } from "../../broker/ports.ts";
import { type OriginRules, readCustomerOrigin } from "./customer-origin.ts";

/** Reads origins as the broker asks for it: what is refused is the caller's mistake, and the message says what to do. */
export function originReader(rules: OriginRules): ReadOrigin {
  return (text) => {
    const read = readCustomerOrigin(text, rules);
    if (read.ok) return read.origin;
    throw new BrokerError("invalid_request", read.message);
  };
}
