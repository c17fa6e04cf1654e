import type { ErrorCode } from "../shared/broker/error.ts";

/** What the command's exit code says to a program. `docs/command.md` says it to people. */
export const exitCodes = {
  done: 0,
  /** Something that nobody foresaw. */
  failed: 1,
  /** The command, or a value in it. */
  usage: 2,
  /** There is no such connection, provider or stack. */
  notFound: 3,
  /** The account's owner has to authorize. */
  owner: 4,
  /** The operator has to mend something: client credentials, or what `doctor` found. */
  operator: 5,
  /** Credentials or permissions. */
  notAllowed: 6,
  /** Ask again later. */
  later: 7,
  /** Nobody answers. */
  unreachable: 8,
  interrupted: 130,
  /** Nobody reads the result any longer: the code of what a shell ends by SIGPIPE. */
  unread: 141,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each code of the HTTP API is to whoever called the command. */
export const exitCodeOf: Readonly<Record<ErrorCode, ExitCode>> = {
  invalid_request: exitCodes.usage,
  request_too_large: exitCodes.usage,
  connection_not_found: exitCodes.notFound,
  provider_unknown: exitCodes.notFound,
  reauthorization_required: exitCodes.owner,
  connection_revoked: exitCodes.owner,
  grant_rejected: exitCodes.owner,
  client_credentials_rejected: exitCodes.operator,
  forbidden: exitCodes.notAllowed,
  token_just_issued: exitCodes.later,
  provider_unavailable: exitCodes.later,
  refresh_in_progress: exitCodes.later,
  internal_error: exitCodes.failed,
};
