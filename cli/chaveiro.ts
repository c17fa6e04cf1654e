#!/usr/bin/env node
import { report } from "./failure.ts";
import { interruption } from "./interruption.ts";
import { createProgram } from "./program.ts";
import { createSession } from "./session.ts";
import { processTerminal } from "./terminal/terminal.ts";

const { env } = process;
// Says that newer SDKs want a newer Node; nobody who runs this command can do anything about it.
env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
const terminal = processTerminal(env);

// Who reads the result may have read enough, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const program = createProgram(createSession(terminal, env, interruption()));
const exitCode = await program.parseAsync().then(
  () => 0,
  (error: unknown) => report(error, terminal, process.argv.includes("--json")),
);
await terminal.flush();
process.exit(exitCode);
