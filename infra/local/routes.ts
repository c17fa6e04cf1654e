/** The HTTP API: which function answers which route, and whose caller has to be known. */
export const routes = [
  { method: "GET", path: "/auth/{provider}/start", function: "start", caller: "anyone" },
  { method: "GET", path: "/auth/{provider}/callback", function: "callback", caller: "anyone" },
  { method: "GET", path: "/auth/{provider}/result/{reference}", function: "result", caller: "anyone" },
  { method: "GET", path: "/healthz", function: "health", caller: "anyone" },
  { method: "GET", path: "/v1/connections", function: "connections", caller: "iam" },
  { method: "GET", path: "/v1/connections/{provider}/{account}", function: "connections", caller: "iam" },
  { method: "PUT", path: "/v1/connections/{provider}/{account}", function: "import", caller: "iam" },
  { method: "DELETE", path: "/v1/connections/{provider}/{account}", function: "revoke", caller: "iam" },
  {
    method: "POST",
    path: "/v1/connections/{provider}/{account}/authorization",
    function: "authorization",
    caller: "iam",
  },
  { method: "GET", path: "/v1/connections/{provider}/{account}/access-token", function: "access-token", caller: "iam" },
  { method: "POST", path: "/v1/connections/{provider}/{account}/refresh", function: "refresh", caller: "iam" },
] as const;

export type Route = (typeof routes)[number];

export type FunctionName = Route["function"];
