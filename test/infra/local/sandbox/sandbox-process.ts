import { startSandbox } from "../../../../infra/local/sandbox/start-sandbox.ts";
import { sandboxOptions } from "./running-sandbox.ts";

// A sandbox in a process of its own, to be killed: node --import tsx sandbox-process.ts DIRECTORY
const sandbox = await startSandbox({ ...sandboxOptions, dataDirectory: process.argv[2] });
process.stdout.write(`${sandbox.url}\n`);
