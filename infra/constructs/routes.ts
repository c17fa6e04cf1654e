/** One function for each file of `functions/`. */
export const functionNames = [
  "access-token",
  "authorization",
  "callback",
  "connections",
  "health",
  "import",
  "refresh",
  "result",
  "revoke",
  "start",
] as const;

export type FunctionName = (typeof functionNames)[number];

export type Route = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly function: FunctionName;
  /**
   * Who may call it. `operator` and `consumer`: whom IAM allows to. `anyone`: browsers and monitors, so many a second and so
   * many at once.
   */
  readonly caller: "operator" | "consumer" | { readonly anyone: { readonly rate: number; readonly burst: number } };
};

const connection = "/v1/connections/{provider}/{account}";
const browsers = { anyone: { rate: 5, burst: 10 } } as const;

/** The HTTP API. The local gateway has the same routes: a test compares the two. */
export const routes: readonly Route[] = [
  { method: "GET", path: "/auth/{provider}/start", function: "start", caller: browsers },
  { method: "GET", path: "/auth/{provider}/callback", function: "callback", caller: browsers },
  { method: "GET", path: "/auth/{provider}/result/{reference}", function: "result", caller: browsers },
  { method: "GET", path: "/healthz", function: "health", caller: { anyone: { rate: 1, burst: 1 } } },
  { method: "GET", path: "/v1/connections", function: "connections", caller: "operator" },
  { method: "GET", path: connection, function: "connections", caller: "operator" },
  { method: "PUT", path: connection, function: "import", caller: "operator" },
  { method: "DELETE", path: connection, function: "revoke", caller: "operator" },
  { method: "POST", path: `${connection}/authorization`, function: "authorization", caller: "operator" },
  { method: "POST", path: `${connection}/refresh`, function: "refresh", caller: "operator" },
  { method: "GET", path: `${connection}/access-token`, function: "access-token", caller: "consumer" },
];

/** What API Gateway calls a route. */
export function routeKey({ method, path }: Route): string {
  return `${method} ${path}`;
}
