import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connectionEventNames, providerEventNames } from "../../shared/broker/event-names.ts";
import { eventSchemas, mustBeDocumented } from "../support/event-schemas.ts";
import { type Schema, schemaProblems } from "../support/json-schema.ts";

const page = readFileSync(new URL("../../docs/events.md", import.meta.url), "utf8");
const names = [...connectionEventNames, ...providerEventNames];

/** What an event is to EventBridge. */
type Envelope = { readonly source: string; readonly "detail-type": string; readonly detail: Members };
type Members = Readonly<Record<string, unknown>>;

const examples: readonly Envelope[] = [...eventSchemas].map(([name, { examples = [] }]) => ({
  source: "chaveiro",
  "detail-type": name,
  detail: examples[0] as Members,
}));

describe("the schemas", () => {
  it("are of the events that there are, and of no others", () => {
    expect([...eventSchemas.keys()].sort()).toEqual([...names].sort());
  });

  it.each([...eventSchemas])("%s: describes all that an event holds, and allows nothing else", (name, schema) => {
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `urn:chaveiro:event:${name}`,
      title: name,
      type: "object",
      required: Object.keys(schema.properties ?? {}),
      additionalProperties: false,
    });
    for (const part of [schema, ...Object.values(schema.properties ?? {})]) expect(part.description).toMatch(/\.$/);
  });

  it.each(examples.map((example) => [example["detail-type"], example] as const))(
    "%s: has an example that is as it says",
    (_, example) => {
      expect(() => mustBeDocumented({ ...example, detail_type: example["detail-type"] })).not.toThrow();
      expect(example.detail["id"]).toContain(`-${example["detail-type"].split(".")[1]}`);
    },
  );

  it("have the same members for all events of connections, and for all of providers", () => {
    const members = (kind: readonly string[]) =>
      new Set(kind.map((name) => Object.keys(eventSchemas.get(name)?.properties ?? {}).join()));
    expect([members(connectionEventNames).size, members(providerEventNames).size]).toEqual([1, 1]);
  });
});

describe("the page on events", () => {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, block = ""]) => JSON.parse(block));
  const [shown, ...patterns] = blocks;

  it("says of every event when it is told and what to do", () => {
    for (const name of names)
      expect(page).toMatch(new RegExp(`^\\| \\[\`${name}\`\\]\\(events/${name}\\.json\\) \\|`, "m"));
  });

  it("names every member", () => {
    const section = page.slice(page.indexOf("## Members"), page.indexOf("## Delivery"));
    const members = new Set([...eventSchemas.values()].flatMap(({ properties = {} }) => Object.keys(properties)));
    for (const member of members) expect(section).toMatch(new RegExp(`^\\|[^|]*\`${member}\``, "m"));
  });

  it("shows an event that is as its schema says", () => {
    expect(() => mustBeDocumented({ ...shown, detail_type: shown["detail-type"] })).not.toThrow();
  });

  it.each(patterns.map((pattern) => [JSON.stringify(pattern), pattern]))(
    "has a pattern that meets events: %s",
    (_, pattern) => {
      expect(Object.keys(pattern).every((key) => ["source", "detail-type", "detail"].includes(key))).toBe(true);
      const met = possible.filter((event) => matches(pattern, event)).map((event) => event["detail-type"]);
      const meant = (pattern["detail-type"] ?? [{ prefix: "" }]) as readonly (string | { readonly prefix: string })[];
      expect(names.filter((name) => met.includes(name))).toEqual(
        names.filter((name) => matches({ name: meant }, { name })),
      );
    },
  );

  /** Every event with every value that its schema lists. */
  const possible = examples.flatMap(({ detail, ...envelope }) => [
    { ...envelope, detail },
    ...Object.entries(eventSchemas.get(envelope["detail-type"])?.properties ?? {}).flatMap(([member, schema]) =>
      (schema.enum ?? []).map((value) => ({ ...envelope, detail: { ...detail, [member]: value } })),
    ),
  ]);
});

/** As EventBridge compares: every member of the pattern has to be met, each by one of its values. */
function matches(pattern: Members, event: Members): boolean {
  return Object.entries(pattern).every(([member, wanted]) =>
    Array.isArray(wanted)
      ? wanted.some((value) => isMet(value, event[member]))
      : matches(wanted as Members, event[member] as Members),
  );
}

function isMet(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return wanted === value;
  const { prefix } = wanted as { readonly prefix?: string };
  return prefix !== undefined && typeof value === "string" && value.startsWith(prefix);
}

describe("the check against the schemas can fail", () => {
  const [name = "", schema = {}] = [...eventSchemas].find(([found]) => found === "connection.degraded") ?? [];
  const [example] = (schema.examples ?? []) as readonly Members[];
  const sent = (detail: unknown, detail_type = name) => ({ source: "chaveiro", detail_type, detail });

  it.each<[string, Members]>([
    ["/: additionalProperties", { access_token: "…" }],
    ["/status: const", { status: "active" }],
    ["/code: enum", { code: null }],
    ["/account: pattern", { account: "a/b" }],
    ["/actor: pattern", { actor: "somebody" }],
    ["/id: minLength", { id: "" }],
    ["/generation: minimum", { generation: 0 }],
    ["/generation: type", { generation: "1" }],
    ["/at: format", { at: "yesterday" }],
  ])("%s", (problem, change) => {
    expect(schemaProblems(schema, { ...example, ...change })).toEqual([problem]);
    expect(() => mustBeDocumented(sent({ ...example, ...change }))).toThrow(problem);
  });

  it("where a member is missing, or all of them", () => {
    const { actor: _, ...rest } = example ?? {};
    expect(schemaProblems(schema, rest)).toEqual(["/: required"]);
    expect(schemaProblems(schema, "text")).toEqual(["/: type"]);
  });

  it("where an event is not known, or not ours", () => {
    expect(() => mustBeDocumented(sent(example, "connection.lost"))).toThrow("no schema");
    expect(() => mustBeDocumented({ ...sent(example), source: "other" })).toThrow("source: other");
  });

  it("and skips no keyword that it does not know", () => {
    expect(() => schemaProblems({ ...schema, maxProperties: 1 } as Schema, example)).toThrow("maxProperties");
  });
});
