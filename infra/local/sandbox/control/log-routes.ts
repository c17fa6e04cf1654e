import { Hono } from "hono";
import * as v from "valibot";
import type { LogEntry } from "../record/log-entry.ts";
import type { RequestRecorder } from "../record/request-recorder.ts";
import type { SandboxEnv } from "../sandbox-provider.ts";
import { checked } from "./control-body.ts";
import { snakeKeys } from "./wire-names.ts";

const count = v.pipe(v.string(), v.regex(/^\d{1,12}$/, "expected a whole number"), v.transform(Number));
const querySchema = v.strictObject({
  after: v.optional(count, "0"),
  limit: v.optional(count, "1000"),
  last: v.exactOptional(count),
  endpoint: v.exactOptional(v.string()),
  account: v.exactOptional(v.string()),
  grant: v.exactOptional(v.string()),
});
type LogQuery = v.InferOutput<typeof querySchema>;

/**
 * `GET /log`: the first `limit` entries after number `after`, or the newest `last`, of one endpoint, account or grant.
 *
 * @param capacity entries kept at most.
 */
export function logRoutes(recorder: RequestRecorder, capacity: () => number): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>();
  routes.get("/", (c) => {
    const query = checked(querySchema, c.req.query());
    const found: LogEntry[] = [];
    let oldest: number | null = null;
    let newest: number | null = null;
    for (const entry of recorder.log.entries()) {
      oldest ??= entry.number;
      newest = entry.number;
      if (!matches(entry, query)) continue;
      if (query.last === undefined && found.length >= query.limit) continue;
      found.push(entry);
    }
    const entries = query.last === undefined ? found : found.slice(Math.max(0, found.length - query.last));
    return c.json({ run: recorder.run, capacity: capacity(), oldest, newest, entries: entries.map(snakeKeys) });
  });
  return routes;
}

function matches(entry: LogEntry, query: LogQuery): boolean {
  if (entry.number <= query.after) return false;
  if (query.endpoint !== undefined && entry.endpoint !== query.endpoint) return false;
  if (query.account !== undefined && entry.account !== query.account) return false;
  return query.grant === undefined || entry.grant === query.grant;
}
