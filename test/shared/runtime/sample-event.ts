import type { HttpCall, HttpEvent } from "../../../shared/runtime/http-call.ts";
import { readCall } from "../../../shared/runtime/http-call.ts";

/** An HTTP API event as API Gateway makes one, with what a test wants to be different. */
export function sampleEvent(change: Partial<HttpEvent> = {}): HttpEvent {
  return {
    version: "2.0",
    routeKey: "GET /v1/connections",
    rawPath: "/v1/connections",
    rawQueryString: "",
    headers: { host: "broker.example" },
    requestContext: {
      accountId: "000000000000",
      apiId: "api",
      domainName: "broker.example",
      domainPrefix: "broker",
      http: {
        method: "GET",
        path: "/v1/connections",
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "test",
      },
      requestId: "request",
      routeKey: "GET /v1/connections",
      stage: "$default",
      time: "22/Nov/2026:18:00:00 +0000",
      timeEpoch: 1_795_629_600_000,
    },
    isBase64Encoded: false,
    ...change,
  };
}

export function sampleCall(change: Partial<HttpEvent> = {}): HttpCall {
  return readCall(sampleEvent(change), contextWith(25_000), 0);
}

/** A Lambda context in which this much time is left, in milliseconds. */
export function contextWith(left: number) {
  return { getRemainingTimeInMillis: () => left, awsRequestId: "8f5c1d2e-0000-4000-8000-000000000000" } as const;
}
