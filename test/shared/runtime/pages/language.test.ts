import { describe, expect, it } from "vitest";
import { preferredLanguage } from "../../../../shared/runtime/pages/language.ts";

describe("the language of a page", () => {
  it.each([
    [undefined, "pt"],
    ["", "pt"],
    ["pt", "pt"],
    ["pt-PT", "pt"],
    ["pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", "pt"],
    ["en", "en"],
    ["EN-GB", "en"],
    ["en-US,en;q=0.9,pt;q=0.8", "en"],
    ["en-US,en;q=0.9,pt-BR;q=0.8,pt;q=0.7", "en"],
    ["pt;q=0.5, en;q=0.6", "en"],
    ["pt;q=0.6, en;q=0.6", "pt"],
    ["en ; q=0.9 , pt ; q=0.3", "en"],
    ["de,fr;q=0.9", "en"],
    ["es-419,es;q=0.9", "en"],
    ["es,pt;q=0.1", "pt"],
    ["de,en;q=0.1", "en"],
    ["de;q=0", "pt"],
    ["pt;q=0,de", "en"],
    ["*", "pt"],
    ["*;q=0.5", "pt"],
    ["en;q=banana", "pt"],
    ["pt;q=1.2.3,en", "en"],
    ["english", "pt"],
    [";;;,,,=", "pt"],
    ["e".repeat(10_000), "pt"],
  ] as const)("of %j is %s", (header, language) => {
    expect(preferredLanguage(header)).toBe(language);
  });
});
