import { randomUUID } from "node:crypto";
import type { HttpEvent } from "../../shared/runtime/http-call.ts";
import type { Route } from "./routes.ts";

/** Who calls locally, where nobody signs anything. */
const localCaller = "arn:aws:iam::000000000000:user/local";

/** Bodies that the HTTP API passes on as text; all others arrive in base64. */
const textTypes = /^(text\/|application\/(json|javascript|xml)|application\/[\w.+-]*\+(json|xml))/i;

/**
 * Builds the event that API Gateway's HTTP API hands to a function, payload format 2.0: header names in lower case,
 * repeated headers and query parameters joined by commas, cookies apart, path parameters decoded.
 */
export async function httpApiEvent(
  route: Route,
  request: Request,
  pathParameters: Readonly<Record<string, string>>,
): Promise<HttpEvent> {
  const url = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const cookies = headers["cookie"]?.split(/; */).filter((cookie) => cookie !== "");
  delete headers["cookie"];
  const body = Buffer.from(await request.arrayBuffer());
  const isText = textTypes.test(headers["content-type"] ?? "");
  const query = queryParameters(url);
  const now = Date.now();
  return {
    version: "2.0",
    routeKey: `${route.method} ${route.path}`,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    ...(cookies === undefined ? {} : { cookies }),
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: url.host,
      domainPrefix: "local",
      http: {
        method: request.method,
        path: url.pathname,
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: `${route.method} ${route.path}`,
      stage: "$default",
      time: new Date(now).toISOString(),
      timeEpoch: now,
      ...(route.caller === "iam" ? { authorizer: { iam: { userArn: localCaller } } } : {}),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function queryParameters(url: URL): Record<string, string> | undefined {
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of url.searchParams) joined[name] = name in joined ? `${joined[name]},${value}` : value;
  return Object.keys(joined).length === 0 ? undefined : joined;
}
