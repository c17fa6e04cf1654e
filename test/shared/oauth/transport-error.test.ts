import { describe, expect, it } from "vitest";
import { describeTransportError, NotSentError } from "../../../shared/oauth/transport-error.ts";

function fetchFailed(cause: object): TypeError {
  return new TypeError("fetch failed", { cause });
}

function systemError(code: string, more: object = {}): Error {
  return Object.assign(new Error(`${code} with Bearer secret`), { code, ...more });
}

describe("describeTransportError", () => {
  it.each([
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "UND_ERR_CONNECT_TIMEOUT",
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  ])("knows that nothing was sent after %s", (code) => {
    expect(describeTransportError(fetchFailed(systemError(code)))).toEqual({ unknown: false, reason: code });
  });

  it.each([
    "ECONNRESET",
    "EPIPE",
    "ETIMEDOUT",
    "UND_ERR_SOCKET",
    "UND_ERR_HEADERS_TIMEOUT",
    "UND_ERR_BODY_TIMEOUT",
    "HPE_INVALID_CONSTANT",
    "EPROTO",
    "ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC",
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "SOMETHING_NEW",
  ])("doesn't know after %s", (code) => {
    expect(describeTransportError(fetchFailed(systemError(code)))).toEqual({ unknown: true, reason: code });
  });

  it("knows a timeout while connecting from one while reading", () => {
    const connecting = systemError("ETIMEDOUT", { syscall: "connect" });
    const reading = systemError("ETIMEDOUT", { syscall: "read" });
    expect(describeTransportError(fetchFailed(connecting)).unknown).toBe(false);
    expect(describeTransportError(fetchFailed(reading)).unknown).toBe(true);
  });

  it("believes a list of errors only where every one of them says so", () => {
    const refused = systemError("ECONNREFUSED", { syscall: "connect" });
    const late = systemError("ECONNRESET", { syscall: "read" });
    const all = Object.assign(new AggregateError([refused, refused]), { code: "ECONNREFUSED" });
    const mixed = Object.assign(new AggregateError([refused, late]), { code: "ECONNREFUSED" });
    expect(describeTransportError(fetchFailed(all))).toEqual({ unknown: false, reason: "ECONNREFUSED" });
    expect(describeTransportError(fetchFailed(mixed)).unknown).toBe(true);
  });

  it("takes the word of a fetch that knows it has sent nothing, whatever the code", () => {
    const error = new NotSentError("ECONNRESET", "The handshake failed.");
    expect(describeTransportError(error)).toEqual({ unknown: false, reason: "ECONNRESET" });
    expect(describeTransportError(fetchFailed(error))).toEqual({ unknown: false, reason: "ECONNRESET" });
    expect(describeTransportError(fetchFailed(systemError("ECONNRESET"))).unknown).toBe(true);
  });

  it("makes a plain word of a code", () => {
    const code = "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE";
    expect(describeTransportError(systemError(code))).toEqual({
      unknown: false,
      reason: "ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE",
    });
  });

  it("ends on causes that go round in a circle", () => {
    const error = new Error("a");
    error.cause = error;
    expect(describeTransportError(error)).toEqual({ unknown: true, reason: "network_error" });
  });

  it.each([undefined, null, "ECONNREFUSED", 7, new DOMException("aborted", "AbortError")])(
    "doesn't know after %s",
    (thrown) => {
      expect(describeTransportError(thrown)).toEqual({ unknown: true, reason: "network_error" });
    },
  );
});
