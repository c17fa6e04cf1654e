import type { ErrorCode } from "../../shared/broker/error.ts";
import { credentialsAdvice } from "../aws/refused-credentials.ts";
import { CommandError } from "../command-error.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "../exit-codes.ts";

/** What the answer was to: for the advice. */
export type Asked = { readonly url: string; readonly connection?: string };

/** What an answer that is no success means. @see https://www.rfc-editor.org/rfc/rfc9457#section-3 */
export function problemError(status: number, headers: Headers, body: unknown, asked: Asked): CommandError {
  const retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
  const code = member(body, "code");
  const detail = member(body, "detail");
  if (code === undefined || detail === undefined) return gatewayError(status, member(body, "message"), asked);
  const exitCode = Object.hasOwn(exitCodeOf, code) ? exitCodeOf[code as ErrorCode] : exitCodes.failed;
  // The advice says when.
  const message = Number.isNaN(retryAfter) ? detail : detail.replace(/ Ask again\.$/, "");
  return new CommandError(code, exitCode, message, { advice: advice(code, retryAfter, asked) });
}

function advice(code: string, retryAfter: number, { connection = "{provider}/{account}" }: Asked): string | undefined {
  switch (code) {
    case "connection_not_found":
    case "reauthorization_required":
    case "connection_revoked":
      return `chaveiro connect ${connection}`;
    case "client_credentials_rejected":
      return `chaveiro client set ${connection.split("/")[0]}`;
    default:
      return Number.isNaN(retryAfter) ? undefined : `Ask again in ${retryAfter} s.`;
  }
}

/** What API Gateway answers by itself, before any function of ours is asked, has another form. Its status decides. */
function gatewayError(status: number, message: string | undefined, { url }: Asked): CommandError {
  const said = message === undefined ? "" : ` It says: ${message}`;
  const error = (exitCode: ExitCode, what: string, advice: string) =>
    new CommandError(`http_${status}`, exitCode, `${what}${said}`, { advice });
  if (/Signature (expired|not yet current)/.test(message ?? "")) {
    return error(
      exitCodes.notAllowed,
      "The clock of this machine is wrong.",
      "Set the clock; chaveiro doctor shows by how much.",
    );
  }
  if (status === 401 || status === 403) {
    const allow =
      "Use credentials of the broker's account that may execute-api:Invoke this route; chaveiro doctor looks.";
    const advice = credentialsAdvice(message ?? "", allow);
    return error(exitCodes.notAllowed, `${url} refused the request (${status}).`, advice);
  }
  if (status === 429 || status === 503 || status === 504) {
    return error(
      exitCodes.later,
      `${url} cannot take more requests at the moment (${status}).`,
      "Ask again in a moment.",
    );
  }
  if (status >= 500) return error(exitCodes.failed, `${url} failed (${status}).`, "Look at the log of the function.");
  return error(
    exitCodes.usage,
    `What answers at ${url} is no chaveiro broker (${status}).`,
    "Give the broker's own address with --url, CHAVEIRO_URL or --stack.",
  );
}

function member(body: unknown, name: string): string | undefined {
  const value: unknown =
    typeof body === "object" && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
  return typeof value === "string" ? value : undefined;
}
