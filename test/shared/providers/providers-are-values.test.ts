import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../shared/runtime/config.ts";
import { configuredProviders } from "../../../shared/runtime/configured-providers.ts";

/*
 * Nothing treats one provider apart from the others: outside of shared/providers no line of code so much as names one, by its
 * id, its name, its origin or the variable that holds it, and none gets hold of its value to compare with.
 */

const root = new URL("../../../", import.meta.url);

/** Where the providers are put together, and where their settings have the names that operators know. */
const composition = "shared/runtime/configured-providers.ts";
const settings = "shared/runtime/config.ts";

const filesOf = (folder: string): readonly string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}${name}`);
const files = [...filesOf("shared/"), ...filesOf("functions/")].filter((file) => !file.startsWith("shared/providers/"));

const env = { TABLE_NAME: "chaveiro", KEY_ID: "key", EVENT_BUS_NAME: "default", PUBLIC_URL: "https://broker.example" };
const providers = [...configuredProviders(readConfig(env).providers).values()];

/** The words of everything that says which provider one is. */
const words = new Set(
  providers
    .flatMap(({ id, name, origin = "" }) => [
      ...id.split("-"),
      ...name.split(" "),
      ...new URL(origin || "data:").hostname.split("."),
    ])
    .map((word) => word.toLowerCase())
    .filter((word) => !["", "api", "services"].includes(word)),
);

/** A word by itself, or as a part of an identifier in any spelling. Longer ones count wherever they are. */
function names(line: string): boolean {
  return [...words].some((word) => {
    if (word.length > 2) return line.toLowerCase().includes(word);
    const capital = `${word[0]?.toUpperCase()}${word.slice(1)}`;
    return new RegExp(`(?<![A-Za-z])(${word}|${word.toUpperCase()})(?![a-z])|(?<=[a-z])${capital}(?![a-z])`).test(line);
  });
}

const isComment = (line: string) => /^ *(\/\/|\/?\*)/.test(line);
const isImportOfValues = (line: string) => /["'`](\.\.?\/)+(.*\/)?providers\/(?!provider\.ts["'`])/.test(line);

/** What an error message gives as an example. */
const example = /\bsuch as [a-z-]+\/acme\b/g;

/** Lines that name a provider, or import one's value. */
function linesOnProviders(source: string): readonly string[] {
  return source
    .split("\n")
    .filter((line) => !isComment(line) && (names(line.replace(example, "")) || isImportOfValues(line)))
    .map((line) => line.trim());
}

it("knows the providers there are, and their words", () => {
  expect(providers.map(({ id }) => id)).toEqual(expect.arrayContaining(["rd-station", "rd-station-crm", "itflex"]));
  expect([...words]).toEqual(expect.arrayContaining(["rd", "station", "marketing", "crm", "itflex"]));
});

describe("a line of code", () => {
  it.each([
    'if (provider.id === "itflex") return;',
    "case 'rd-station':",
    "case rdStation:",
    'const special = new Set(["rd-station-crm"]);',
    'if (connection.id.startsWith("itflex/")) return;',
    'if (provider.id.startsWith("rd-")) return;',
    'if (provider.id.includes("crm")) return;',
    "if (/itflex/.test(id)) return;",
    "if (provider === rdStation) return;",
    "if (itflex.id !== provider) return;",
    "if ([rdStation].includes(provider)) return;",
    "if (Object.is(provider, rdStationCrm)) return;",
    "const life = { itflex: 1 }[provider.id];",
    "if (provider.id === itflexId) return;",
    'if (provider.name === "iTFLEX") return;',
    'if (provider.name.startsWith("RD ")) return;',
    'if (provider.origin === "https://api.rd.services") return;',
    "if (isRdStation(provider)) return;",
    'import { other } from "../providers/other.ts";',
    "const { other } = await import('./providers/other.ts');",
  ])("that names a provider, or gets hold of one, is seen: %s", (line) => {
    expect(linesOnProviders(`const a = 1;\n  ${line}\n`)).toEqual([line]);
  });

  it.each([
    " * Such as `itflex`, or RD Station.",
    "  // RD Station sends none.",
    'import type { Provider } from "../providers/provider.ts";',
    "throw new Error(`Write {provider}/{account}, such as rd-station/acme.`);",
    "const third = words.filter((word) => word.hardWired);",
    "for (const provider of ports.providers.values()) sweep(provider);",
  ])("that names none is not minded: %s", (line) => {
    expect(linesOnProviders(line)).toEqual([]);
  });
});

it.each(files.filter((file) => file !== composition && file !== settings))("%s names no provider", (file) => {
  expect(linesOnProviders(readFileSync(new URL(file, root), "utf8"))).toEqual([]);
});

it("settings have providers' names, but not their values, and decide nothing by them", () => {
  const lines = linesOnProviders(readFileSync(new URL(settings, root), "utf8"));
  expect(lines.filter((line) => isImportOfValues(line) || /[!=]==|\?|\bif\b|\bcase\b|\.has\(/.test(line))).toEqual([]);
});
