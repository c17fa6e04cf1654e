#!/usr/bin/env node
import { exitCodes } from "./exit-codes.ts";
import { report, unwritable } from "./failure.ts";
import { interruption } from "./interruption.ts";
import { createProgram } from "./program.ts";
import { createSession } from "./session.ts";
import { processTerminal } from "./terminal/terminal.ts";

const { env } = process;
// Says that newer SDKs want a newer Node; nobody who runs this command can do anything about it.
env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
const terminal = processTerminal(env);

const asJson = process.argv.includes("--json");
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Who reads the result may have read enough, as `head` does. What was still to be done is not done.
  process.exit(error.code === "EPIPE" ? exitCodes.unread : report(unwritable(error), terminal, asJson));
});
// What is said beside the result may be read by nobody; the exit code says it as well.
process.stderr.on("error", () => {});

const program = createProgram(createSession(terminal, env, interruption()), asJson);
const exitCode = await program.parseAsync().then(
  () => 0,
  (error: unknown) => report(error, terminal, asJson),
);
await terminal.flush();
process.exit(exitCode);
