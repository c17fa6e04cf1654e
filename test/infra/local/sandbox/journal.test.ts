import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createGrantBook, refreshTokensRemembered } from "../../../../infra/local/sandbox/grants/grant-book.ts";
import { createJournal } from "../../../../infra/local/sandbox/state/journal.ts";

function file(): string {
  const directory = mkdtempSync(join(tmpdir(), "journal-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "new", "state.jsonl");
}

function open(path: string, compactAtBytes?: number) {
  const journal = createJournal(path, compactAtBytes);
  const book = createGrantBook(journal);
  journal.open();
  onTestFinished(journal.close);
  return book;
}

test("stays small while refresh tokens rotate, and forgets none that matters", () => {
  const path = file();
  const book = open(path, 50_000);
  const code = book.code(book.issueCode({ account: "Acme Ltda", clientId: "c", now: 0 }));
  if (code === undefined) throw new Error("no code");
  let { refreshToken, grant } = book.redeemCode(code, undefined, 0);
  for (let turn = 0; turn < 2000; turn++) {
    ({ refreshToken, grant } = book.rotate(refreshToken.record, grant, { diesAt: turn, now: turn }));
  }
  expect(statSync(path).size).toBeLessThan(100_000);
  const again = open(path);
  expect(again.refreshToken(refreshToken.value)).toMatchObject({ generation: 2001, diesAt: null });
  expect(again.grant(grant.id)).toEqual(book.grant(grant.id));
  expect(again.refreshTokensOf(grant.id)).toEqual(book.refreshTokensOf(grant.id));
  expect(again.refreshTokensOf(grant.id)).toHaveLength(refreshTokensRemembered);
});

test("skips lines that are not records of anybody", () => {
  const path = file();
  open(path);
  const journal = createJournal(path);
  journal.open();
  journal.append([{ kind: "grant", id: 7 }]);
  journal.append([{ kind: "from-a-later-version" }]);
  journal.close();
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(3);
  expect([...open(path).grants()]).toEqual([]);
});
