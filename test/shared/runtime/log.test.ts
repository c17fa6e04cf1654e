import { afterEach, describe, expect, it, vi } from "vitest";
import type { Log, LogFields } from "../../../shared/broker/ports.ts";
import { structuredLog } from "../../../shared/runtime/log.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a use of the log writes to the process's output. */
function linesOf(level: "DEBUG" | "INFO" | "WARN" | "ERROR", use: (log: Log) => void): readonly string[] {
  const written: string[] = [];
  const take = (chunk: string | Uint8Array) => {
    written.push(chunk.toString());
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(take);
  vi.spyOn(process.stderr, "write").mockImplementation(take);
  use(structuredLog(level));
  vi.restoreAllMocks();
  return written
    .join("")
    .split("\n")
    .filter((line) => line !== "");
}

class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code = "store_unavailable";
  readonly request = { refresh_token: "the-secret" };
}

describe("the log", () => {
  it("writes one JSON line with the fields that are allowed", () => {
    const fields: LogFields = { connection: "rd-station/acme", generation: 3, status: "active", actor: "schedule" };
    const lines = linesOf("INFO", (log) => log.info("Refreshed.", fields));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "INFO", message: "Refreshed.", ...fields });
  });

  it.each([
    ["DEBUG", 4],
    ["INFO", 3],
    ["WARN", 2],
    ["ERROR", 1],
  ] as const)("at %s writes %i of the four levels", (level, count) => {
    const lines = linesOf(level, (log) => {
      log.debug("a", {});
      log.info("b", {});
      log.warn("c", {});
      log.error("d", {});
    });
    expect(lines).toHaveLength(count);
  });

  it("writes an error's name and code, and neither its message nor its stack nor its members", () => {
    const error = new StoreError("could not write refresh_token=the-secret", { cause: new TypeError("the-secret") });
    const [line = ""] = linesOf("INFO", (log) => log.error("A request failed.", { error }));
    expect(JSON.parse(line).error).toEqual({
      name: "StoreError",
      code: "store_unavailable",
      cause: { name: "TypeError" },
    });
    expect(line).not.toMatch(/the-secret|log\.test\.ts/);
  });

  it.each([["the-secret"], [{ message: "the-secret" }], [null], [7]])("writes of the thrown %j its type", (error) => {
    const [line = ""] = linesOf("INFO", (log) => log.error("A request failed.", { error }));
    expect(JSON.parse(line).error).toEqual({ name: typeof error });
    expect(line).not.toContain("the-secret");
  });

  it("does not write a code that is an object", () => {
    const error = Object.assign(new Error("x"), { code: { token: "the-secret" } });
    const [line = ""] = linesOf("INFO", (log) => log.error("A request failed.", { error }));
    expect(line).not.toContain("the-secret");
  });

  it("does not write a member that is not allowed, which the types of a spread do not keep out", () => {
    const connection = { connection: "rd-station/acme", refresh_token: "the-secret", tokens: { a: "the-secret" } };
    const fields: LogFields = { generation: 1, ...(connection as LogFields) };
    const [line = ""] = linesOf("INFO", (log) => log.info("Refreshed.", fields));
    expect(line).toContain("rd-station/acme");
    expect(line).not.toContain("the-secret");
  });
});
