import type { IncomingMessage } from "node:http";
import type { EventLog } from "./event-log.ts";
import type { Faults } from "./faults.ts";
import { type Answer, parsedJson, readBody } from "./http-exchange.ts";
import type { RequestCounts } from "./request-counts.ts";

/**
 * Makes the routes under `/_local/`, which no AWS has.
 *
 * - `GET /_local/events?after=N`: `{"events":[{"number","id","bus","source","detail_type","detail","resources",
 *   "time"}]}`, the accepted events whose number is above N (0 unless given), oldest first; the last 10,000 are kept.
 *   As on AWS, an event for a bus that does not exist is acknowledged and dropped.
 * - `GET /_local/requests`: `{"kms.Decrypt":2,…}`, requests that arrived since the start or the last reset, by
 *   service (`dynamodb`, `secretsmanager`, `kms`, `events`) and operation. `DELETE` resets.
 * - `GET /_local/faults`: what is still to come. `PUT` replaces it with a list of
 *   `{"service","operation","error","status","times","after","delay_milliseconds","entry_error"}`. The next `times`
 *   (1) requests of the operation (`*` for all) wait `delay_milliseconds` (0), and then fail with `error` and `status`
 *   (400) without being done; with `"after":true` they are done and the connection is cut without an answer; with
 *   `entry_error`, `PutEvents` answers 200 with every entry failed by that code. A request meets one fault, the first
 *   in the list.
 * - `POST /_local/tables/{name}/repair-indexes`: `{"repaired":N}`, see `repairIndexes`.
 *
 * @param options.repair as `repairTableIndexes`, without the store.
 */
export function createLocalRoutes(options: {
  readonly events: EventLog;
  readonly counts: RequestCounts;
  readonly faults: Faults;
  readonly repair: (tableName: string) => Promise<number | undefined>;
}): (request: IncomingMessage) => Promise<Answer> {
  const { events, counts, faults, repair } = options;
  return async (request) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const body = await readBody(request, 64 * 1024);
    switch (`${request.method} ${url.pathname}`) {
      case "GET /_local/events":
        return { status: 200, body: { events: events.after(Number(url.searchParams.get("after") ?? 0)) } };
      case "GET /_local/requests":
        return { status: 200, body: counts.all() };
      case "DELETE /_local/requests":
        counts.reset();
        return { status: 204 };
      case "GET /_local/faults":
        return { status: 200, body: faults.list() };
      case "PUT /_local/faults":
        try {
          faults.replace(parsedJson(body ?? ""));
          return { status: 204 };
        } catch (error) {
          return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
        }
    }
    const table = /^\/_local\/tables\/([\w.-]+)\/repair-indexes$/.exec(url.pathname)?.[1];
    if (request.method !== "POST" || table === undefined)
      return { status: 404, body: { error: "There is no such route under /_local/." } };
    const repaired = await repair(table);
    if (repaired === undefined) return { status: 404, body: { error: `There is no table ${table}.` } };
    return { status: 200, body: { repaired } };
  };
}
