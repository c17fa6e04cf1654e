import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataDirectory } from "../../../infra/local/data-directory.ts";

let parent: string;
let path: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "chaveiro-directory-"));
  path = join(parent, "data");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe("the data directory", () => {
  it("is made for its owner alone, and known as ours the next time", () => {
    expect(openDataDirectory(path, false)).toEqual({ path, isNew: true });
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(openDataDirectory(path, false)).toEqual({ path, isNew: false });
  });

  it("keeps what is in it", () => {
    openDataDirectory(path, false);
    writeFileSync(join(path, "journal"), "kept");
    openDataDirectory(path, false);
    expect(readFileSync(join(path, "journal"), "utf8")).toBe("kept");
  });

  it.each([false, true])("takes an empty directory that somebody made (fresh: %s)", (fresh) => {
    mkdirSync(path);
    expect(openDataDirectory(path, fresh).isNew).toBe(true);
  });

  it.each([false, true])("refuses one that holds something else (fresh: %s), and touches nothing", (fresh) => {
    mkdirSync(join(path, "photos"), { recursive: true });
    writeFileSync(join(path, ".hidden"), "kept");
    expect(() => openDataDirectory(path, fresh)).toThrow(/DATA_DIR .*data holds files that are not chaveiro's/);
    expect(readdirSync(path).sort()).toEqual([".hidden", "photos"]);
  });

  it.each([false, true])("refuses a file (fresh: %s)", (fresh) => {
    writeFileSync(path, "kept");
    expect(() => openDataDirectory(path, fresh)).toThrow();
    expect(readFileSync(path, "utf8")).toBe("kept");
  });

  it("is emptied when fresh, and nothing beside it is", () => {
    openDataDirectory(path, false);
    mkdirSync(join(path, "aws"));
    writeFileSync(join(path, "aws", "journal"), "gone");
    writeFileSync(join(parent, "beside"), "kept");
    expect(openDataDirectory(path, true)).toEqual({ path, isNew: true });
    expect(existsSync(join(path, "aws"))).toBe(false);
    expect(readFileSync(join(parent, "beside"), "utf8")).toBe("kept");
  });

  it("does not follow links out of itself when it is emptied", () => {
    const elsewhere = join(parent, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "a"), "kept");
    openDataDirectory(path, false);
    symlinkSync(elsewhere, join(path, "link"));
    openDataDirectory(path, true);
    expect(readFileSync(join(elsewhere, "a"), "utf8")).toBe("kept");
  });
});
