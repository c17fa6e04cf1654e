import type { ErrorBody } from "./error-body.ts";
import type { FailureClass } from "./failure.ts";

const classes: ReadonlyMap<string, FailureClass> = new Map([
  ["invalid_grant", "grant"],
  ["invalid_client", "client"],
  ["unauthorized_client", "client"],
]);

/**
 * Reads a token endpoint's refusal as RFC 6749 words it: the `error` decides, with a 400 or a 401. Any other status comes
 * from something that stands before the endpoint or from a server in trouble, whatever it says.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function classifyRefusal(status: number, { code }: Pick<ErrorBody, "code">): FailureClass {
  const isRefusal = status === 400 || status === 401;
  return (isRefusal && code !== undefined && classes.get(code)) || "transient";
}
