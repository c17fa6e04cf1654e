import { idOf, type Metadata } from "../broker/metadata.ts";
import type { StyleName } from "../terminal/style.ts";
import type { Cell } from "../terminal/table.ts";
import { fromNow } from "../terminal/times.ts";

const statusStyles: Readonly<Record<Metadata["status"], StyleName>> = {
  active: "green",
  degraded: "yellow",
  reauthorization_required: "red",
  revoking: "yellow",
  revoked: "dim",
};

/** Headings of the columns that `row` fills. */
export const headings = [
  "CONNECTION",
  "LABEL",
  "STATUS",
  "GENERATION",
  "EXPIRES",
  "NEXT REFRESH",
  "LAST REFRESH",
] as const;

/** One connection in a table. `now`: epoch milliseconds. */
export function row(connection: Metadata, now: number): readonly Cell[] {
  return [
    idOf(connection),
    shorten(connection.label ?? "–"),
    status(connection),
    String(connection.generation),
    fromNow(connection.expires_at, now),
    fromNow(connection.refresh_at, now),
    lastRefresh(connection, now),
  ];
}

/** All that is known of one connection, a line each. */
export function details(connection: Metadata, now: number): readonly (readonly [name: string, value: Cell])[] {
  const at = (iso: string | null) => (iso === null ? "–" : `${iso}  (${fromNow(iso, now)})`);
  return [
    ["connection", idOf(connection)],
    ["label", connection.label ?? "–"],
    ["status", status(connection)],
    ["reason", connection.reason ?? "–"],
    ["generation", String(connection.generation)],
    ["expires", at(connection.expires_at)],
    ["next refresh", at(connection.refresh_at)],
    ["last refresh", lastRefresh(connection, now)],
    ["origin", connection.origin],
    ["secret", connection.secret_name ?? "–"],
    ["created", at(connection.created_at)],
    ["updated", at(connection.updated_at)],
  ];
}

function status({ status }: Metadata): Cell {
  return { text: status, style: statusStyles[status] };
}

function lastRefresh({ last_refresh: { at, outcome, code } }: Metadata, now: number): string {
  if (outcome === null) return "–";
  return `${outcome} ${fromNow(at, now)}${code === null ? "" : ` (${code})`}`;
}

const longestLabel = 32;

function shorten(text: string): string {
  const characters = [...text];
  return characters.length <= longestLabel ? text : `${characters.slice(0, longestLabel - 1).join("")}…`;
}
