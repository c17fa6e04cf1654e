import { readdirSync, readFileSync } from "node:fs";
import { type Schema, schemaProblems } from "./json-schema.ts";

const folder = new URL("../../docs/events/", import.meta.url);

/** The documented schema of each event's detail, by the event's name. */
export const eventSchemas: ReadonlyMap<string, Schema> = new Map(
  readdirSync(folder).map((file) => [
    file.replace(/\.json$/, ""),
    JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Schema,
  ]),
);

export type SentEvent = { readonly source: string; readonly detail_type: string; readonly detail: unknown };

/** @throws where an event is not as its documentation says */
export function mustBeDocumented({ source, detail_type, detail }: SentEvent): void {
  const schema = eventSchemas.get(detail_type);
  const problems = [
    ...(source === "chaveiro" ? [] : [`source: ${source}`]),
    ...(schema === undefined ? ["no schema"] : schemaProblems(schema, detail)),
  ];
  if (problems.length === 0) return;
  throw new Error(`${detail_type} is not as documented (${problems.join(", ")}): ${JSON.stringify(detail)}`);
}
