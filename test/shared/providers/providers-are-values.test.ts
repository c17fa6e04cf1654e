import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);

const filesOf = (folder: string): readonly string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}${name}`);
const read = (file: string): string => readFileSync(new URL(file, root), "utf8");

const ids = filesOf("shared/providers/").flatMap((file) =>
  [...read(file).matchAll(/^ +id: "([^"]+)"/gm)].map(([, id = ""]) => id),
);

/** Lines in which a provider's id stands as a value of its own, or a provider's value is compared. */
function branchesOnProviders(source: string): readonly string[] {
  const isNamed = (line: string) => ids.some((id) => new RegExp(`["'\`]${id}(["'\`]|/)`).test(line));
  const isCompared = /[!=]==? *(rdStation|rdStationCrm|itflex)\b|\b(rdStation|rdStationCrm|itflex)(\.id)? *[!=]==?/;
  return source
    .split("\n")
    .filter((line) => !/^ *(\/\/|\/?\*)/.test(line))
    .filter((line) => isNamed(line) || isCompared.test(line))
    .map((line) => line.trim());
}

it("knows the providers there are", () => {
  expect(ids).toEqual(expect.arrayContaining(["rd-station", "rd-station-crm", "itflex"]));
});

it.each([
  'if (provider.id === "itflex") return;',
  "case 'rd-station':",
  'const special = new Set(["rd-station-crm"]);',
  'if (connection.id.startsWith("itflex/")) return;',
  "if (provider === rdStation) return;",
  "if (itflex.id !== provider) return;",
])("would see %s", (line) => {
  expect(branchesOnProviders(`const a = 1;\n  ${line}\n`)).toEqual([line]);
});

it.each([
  'PUBLISH: v.optional(v.string(), "rd-station,rd-station-crm")',
  " * Such as `itflex`.",
  "movedTo(rdStation, at)",
])("would not mind %s", (line) => {
  expect(branchesOnProviders(line)).toEqual([]);
});

it.each([...filesOf("shared/"), ...filesOf("functions/")].filter((file) => !file.startsWith("shared/providers/")))(
  "%s treats no provider apart from the others",
  (file) => {
    expect(branchesOnProviders(read(file))).toEqual([]);
  },
);
