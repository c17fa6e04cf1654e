type SystemError = { readonly code: string; readonly syscall: unknown; readonly message: unknown };

const maximumCauses = 5;

const beforeConnecting = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const certificate = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH$|INVALID_CA$|ERR_TLS_CERT_)/;

/** Of handshakes that came to nothing. Other TLS alerts can arrive after the request. */
const handshake =
  /^ERR_SSL_(WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|.*ALERT_PROTOCOL_VERSION|.*ALERT_HANDSHAKE_FAILURE|.*UNRECOGNIZED_NAME)$/;

/**
 * What a fetch throws that makes its connection itself, and so knows that nothing of the request has left. The request
 * may be sent again, and `describeTransportError` says so.
 */
export class NotSentError extends Error {
  override readonly name = "NotSentError";
  /** A system error code, or a word of the fetch's own. Never taken from what a stranger sent. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Puts what fetch threw into a word for the log, and says whether the request may have reached the server.
 *
 * Only codes are taken from the error: messages can quote headers and URLs. Where nothing is recognised the answer is
 * `unknown: true`, and the caller treats a token in the request as possibly spent.
 */
export function describeTransportError(error: unknown): { readonly unknown: boolean; readonly reason: string } {
  let current = error;
  for (let depth = 0; depth < maximumCauses && isRecord(current); depth++) {
    const found = readSystemError(current);
    if (found !== undefined) {
      const all = Array.isArray(current["errors"]) && current["errors"].length > 0 ? current["errors"] : [current];
      return { unknown: !all.every(isNeverSent), reason: found.code.replace(/[^A-Za-z0-9_]/g, "_").slice(0, 64) };
    }
    current = current["cause"];
  }
  return { unknown: true, reason: "network_error" };
}

/** Whether a system error code says that the server's certificate was refused. */
export function isCertificateError(code: string): boolean {
  return certificate.test(code);
}

function isNeverSent(error: unknown): boolean {
  if (error instanceof NotSentError) return true;
  const found = readSystemError(error);
  if (found === undefined) return false;
  if (found.syscall === "connect" || found.syscall === "getaddrinfo") return true;
  if (beforeConnecting.has(found.code) || isCertificateError(found.code) || handshake.test(found.code)) return true;
  // Node has no code of its own for a peer that hangs up during the handshake: node:internal/tls/wrap, onConnectEnd.
  return found.code === "ECONNRESET" && String(found.message).startsWith("Client network socket disconnected before");
}

function readSystemError(error: unknown): SystemError | undefined {
  if (!isRecord(error) || typeof error["code"] !== "string") return undefined;
  return { code: error["code"], syscall: error["syscall"], message: error["message"] };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
