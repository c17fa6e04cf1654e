import { join } from "node:path";
import { ensureUnused } from "./aws-endpoint/dynamodb-store.ts";
import { repairIndexes } from "./aws-endpoint/repair-indexes.ts";
import { startAwsEndpoint } from "./aws-endpoint/start-aws-endpoint.ts";
import { openDataDirectory } from "./data-directory.ts";
import { firstSteps } from "./first-steps.ts";
import { startGateway } from "./gateway.ts";
import { loadFunction, setLambdaEnvironment } from "./local-functions.ts";
import { provisionStack } from "./provision-stack.ts";
import { startSandbox } from "./sandbox/start-sandbox.ts";
import { sandboxClient } from "./sandbox-client.ts";
import { startSchedule } from "./schedule.ts";
import { readSettings } from "./settings.ts";

const stack = { tableName: "chaveiro", keyAlias: "alias/chaveiro", eventBusName: "default" } as const;

/** Runs all of it: what `npm start` does. Everything that was started is closed again, in the opposite order. */
async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const client = clientOf(settings);
  const fresh = process.argv.includes("--fresh");
  if (fresh) await ensureUnused(join(settings.DATA_DIR, "aws"));
  const directory = openDataDirectory(settings.DATA_DIR, fresh);
  const aws = await startAwsEndpoint({ port: settings.AWS_PORT, dataDirectory: join(directory.path, "aws") });
  const gateway = await startGateway({ port: settings.PORT, load: loadFunction, home });
  const publicUrl = (settings.PUBLIC_URL ?? `http://127.0.0.1:${gateway.port}`).replace(/\/+$/, "");
  const sandbox = await startSandbox({
    port: settings.SANDBOX_PORT,
    dataDirectory: join(directory.path, "sandbox"),
    tokenSeconds: settings.SANDBOX_TOKEN_SECONDS,
    rdStationClient: client,
    redirectUris: [`${publicUrl}/auth/rd-station/callback`],
  });
  setLambdaEnvironment({ ...stack, settings, awsUrl: aws.url, publicUrl, sandboxUrl: sandbox.url });
  await provisionStack({ ...stack, prefix: settings.PREFIX, clients: [client] });
  const repaired = await repairIndexes(aws.url, stack.tableName);
  const schedule = startSchedule(settings.SWEEP_SECONDS);

  if (repaired > 0) console.log(`Repaired ${repaired} index entries after an unclean stop.`);
  console.log(
    firstSteps({
      brokerUrl: `http://127.0.0.1:${gateway.port}`,
      publicUrl,
      awsUrl: aws.url,
      sandboxUrl: sandbox.url,
      prefix: settings.PREFIX,
      isNew: directory.isNew,
    }),
  );
  console.log(`chaveiro is ready at http://127.0.0.1:${gateway.port}`);

  const stop = once(async () => {
    await Promise.all([schedule.close(), gateway.close()]);
    await sandbox.close();
    await aws.close();
    process.exit(0);
  });
  process.on("SIGTERM", stop).on("SIGINT", stop);
}

function clientOf(settings: ReturnType<typeof readSettings>) {
  const { RD_STATION_ORIGIN, RD_STATION_CLIENT_ID, RD_STATION_CLIENT_SECRET } = settings;
  if (
    RD_STATION_ORIGIN !== undefined &&
    (RD_STATION_CLIENT_ID === undefined || RD_STATION_CLIENT_SECRET === undefined)
  ) {
    console.warn(
      "RD_STATION_ORIGIN is set without RD_STATION_CLIENT_ID and RD_STATION_CLIENT_SECRET: the sandbox's are used.",
    );
  }
  return {
    provider: "rd-station",
    clientId: RD_STATION_CLIENT_ID ?? sandboxClient.clientId,
    clientSecret: RD_STATION_CLIENT_SECRET ?? sandboxClient.clientSecret,
  };
}

async function home(): Promise<Response> {
  return new Response("chaveiro is running. The first lines it printed say what to open and what to type.\n", {
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

function once(work: () => Promise<void>): () => void {
  let begun = false;
  return () => {
    if (begun) return;
    begun = true;
    void work();
  };
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
