import { ending, lacks, losses, summary } from "./crash-report.ts";
import { runCrashes } from "./crash-run.ts";
import { startCrashStack } from "./crash-stack.ts";

/*
 * `npm run soak`: the crash test for longer and with more connections. Settings: SOAK_MINUTES (10), SOAK_CONNECTIONS
 * (500), SOAK_BROKERS (2), SOAK_SEED. Its exit code is 1 where anything was lost, or nothing was proved.
 */

/** From one line about the progress to the next, in milliseconds. */
const tellEvery = 15_000;

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const setting = (name: string, usual: number) => Number(process.env[name] || usual);
const minutes = setting("SOAK_MINUTES", 10);
const connections = setting("SOAK_CONNECTIONS", 500);
const brokerCount = setting("SOAK_BROKERS", 2);
const seed = setting("SOAK_SEED", Date.now() % 2 ** 32);
console.log(`${connections} connections, ${brokerCount} brokers, ${minutes} minutes, SOAK_SEED=${seed}`);

const { stack, brokers, dispose } = await startCrashStack(brokerCount);
process.once("SIGINT", () => void dispose().then(() => process.exit(130)));
let toldAt = Date.now();
try {
  const report = await runCrashes({
    stack,
    brokers,
    connections,
    tokenSeconds: 30,
    seconds: minutes * 60,
    seed,
    tell: (progress) => {
      if (Date.now() - toldAt < tellEvery) return;
      toldAt = Date.now();
      console.log(summary(progress));
    },
  });
  console.log(`${summary(report)}\n${ending(report)}`);
  console.log("readers were answered", report.answers);
  const against = [...losses(report), ...lacks(report)];
  for (const line of against) console.log(line);
  process.exitCode = against.length === 0 ? 0 : 1;
} finally {
  await dispose();
}
