import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { exitCodeOf, exitCodes } from "../../cli/exit-codes.ts";
import { type ErrorCode, httpStatus } from "../../shared/broker/error.ts";
import { freePorts } from "../support/local-process.ts";
import { runCommand } from "./command-process.ts";

// Each command is a process of its own, which takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

/** Runs the command in a shell, which prints its exit code. */
function inShell(line: string) {
  const command = `"$0" --import tsx cli/chaveiro.ts ${line}; printf %s $?`;
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent" };
  return spawnSync("bash", ["--norc", "-c", command, process.execPath], { env, encoding: "utf8" });
}

/** A broker that answers everything with one problem. */
async function askedOf(code: string, status: number) {
  const body = JSON.stringify({ type: "about:blank", title: "t", status, code, detail: "What happened." });
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ended = await runCommand(["refresh", "rd-station/acme", "--url", url]);
  server.close();
  return ended;
}

describe("the exit code", () => {
  it.each(Object.entries(exitCodeOf))("of %s is %i", async (code, exitCode) => {
    expect(exitCode).not.toBe(0);
    const ended = await askedOf(code, httpStatus(code as ErrorCode));
    expect(ended).toMatchObject({
      code: exitCode,
      stdout: "",
      stderr: expect.stringContaining(`What happened. [${code}]\n`),
    });
  });

  it("of a code that a later broker may have is 1", async () => {
    expect(await askedOf("toString", 418)).toMatchObject({ code: exitCodes.failed });
  });

  it("is 8 where nobody answers", async () => {
    const [port] = await freePorts(1);
    const ended = await runCommand(["list"], { CHAVEIRO_URL: `http://127.0.0.1:${port}` });
    expect(ended).toMatchObject({
      code: 8,
      stdout: "",
      stderr: expect.stringMatching(/No broker answers at .* \[broker_unreachable\]\n→ .*npm start/),
    });
    expect(
      await runCommand(["purge", "rd-station/acme"], { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }),
    ).toMatchObject({
      code: 8,
      stderr: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}\\)?.*\\[aws_unreachable\\]`)),
    });
  });

  it("is 5 where doctor finds nobody, which is one problem", async () => {
    const [port] = await freePorts(1);
    const ended = await runCommand(["doctor"], { CHAVEIRO_URL: `http://127.0.0.1:${port}` });
    expect(ended).toMatchObject({ code: 5, stderr: "chaveiro: One problem was found. [problems_found]\n" });
    const verdicts = ended.stdout.split("\n").map((line) => line.split(" ")[0]);
    expect(verdicts.filter((verdict) => verdict === "problem")).toHaveLength(1);
    expect(verdicts).not.toContain("ok");
  });

  it.skipIf(!existsSync("/dev/full"))("is 1 where the result cannot be written, without a stack", () => {
    const { stdout, stderr } = inShell("--version > /dev/full");
    expect([stdout, stderr]).toEqual([
      "1",
      expect.stringMatching(/^chaveiro: The result cannot be written \(ENOSPC\)\. \[output_failed\]\n→ .*\n$/),
    ]);
  });

  it("is the same where nobody reads what is said", () => {
    expect(inShell("show acme 2> >(exec true)").stdout).toBe("2");
  });

  it.each(["https://user:hunter2@broker.example", "https://broker.example?key=hunter2", "hunter2@broker"])(
    "is 2 for %s, which is not said again",
    async (url) => {
      const ended = await runCommand(["list"], { CHAVEIRO_URL: url });
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("no address of a broker") });
      expect(ended.stderr).not.toContain("hunter2");
    },
  );

  it.each([
    [["show"], "missing required argument"],
    [["show", "acme"], "{provider}/{account}"],
    [["show", "rd-station/ac me"], "{provider}/{account}"],
    [["show", "rd-station/ação"], "letters without accents, digits, dots, underscores and hyphens"],
    [["purge", "rd-station/acme", "rd-station/ação"], "No connection is named rd-station/ação."],
    [["connect", "itflex/acme"], "chaveiro import itflex/acme --origin"],
    [
      ["connect", "rd-station/acme", "--expires-in", "59"],
      "'--expires-in <seconds>' argument '59' is invalid. It has to be from 60",
    ],
    [["connect", "rd-station/acme", "--expires-in", "604801"], "to 604800 seconds"],
    [["import", "itflex/acme"], "chaveiro import itflex/acme --origin"],
    [["show", "rd-station/acme", "more"], "too many arguments"],
    [["shwo", "rd-station/acme"], "unknown command 'shwo'"],
    [["token", "rd-station/acme", "--minimum-seconds", "1.5"], "whole number of seconds"],
    [["watch", "--every", "0"], "from 0.1 to 3600"],
    [["list", "--url", "http://broker.example"], "no address of a broker"],
    [["list", "--url", "https://user@broker.example"], "no address of a broker"],
    [["list", "--url", "nonsense"], "no address of a broker"],
  ])("is 2 where the command is wrong: %j", async (args, said) => {
    const ended = await runCommand(args);
    expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(said) });
    expect(ended.stderr).toContain("[invalid_request]");
  });

  it("is 2 for no command at all, and 0 where somebody asks for help", async () => {
    expect(await runCommand([])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("Usage: chaveiro"),
    });
    for (const args of [["--json"], ["client", "--json"]]) {
      const { code, stdout, stderr } = await runCommand(args);
      expect([code, stdout, JSON.parse(stderr)]).toEqual([
        2,
        "",
        {
          error: {
            code: "invalid_request",
            message: "The command is missing.",
            advice: "chaveiro --help lists what there is.",
          },
        },
      ]);
    }
    const { stdout: help } = await runCommand(["--help"]);
    for (const code of Object.values(exitCodes))
      expect(help.slice(help.indexOf("Exit codes:"))).toMatch(new RegExp(`\\b${code}\\b`));
    expect(await runCommand(["--help"])).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("Exit codes:"),
    });
    expect(await runCommand(["client", "set", "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("--client-secret-file"),
    });
  });

  it("is 0 for the version, which is the package's", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await runCommand(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});
