import { join } from "node:path";
import { readConfig } from "../../shared/runtime/config.ts";
import { configuredProviders } from "../../shared/runtime/configured-providers.ts";
import { ensureUnused } from "./aws-endpoint/dynamodb-store.ts";
import { repairIndexes } from "./aws-endpoint/repair-indexes.ts";
import { startAwsEndpoint } from "./aws-endpoint/start-aws-endpoint.ts";
import { createConsole } from "./console/console.ts";
import { openDataDirectory } from "./data-directory.ts";
import { firstSteps } from "./first-steps.ts";
import { startGateway } from "./gateway.ts";
import { loadFunction, setLambdaEnvironment } from "./local-functions.ts";
import { type LocalClient, provisionStack } from "./provision-stack.ts";
import { startSandbox } from "./sandbox/start-sandbox.ts";
import { sandboxClient, sandboxCrmClient } from "./sandbox-client.ts";
import { startSchedule } from "./schedule.ts";
import { type LocalSettings, readSettings } from "./settings.ts";
import { stackNames } from "./stack-names.ts";

/** Runs all of it: what `npm start` does. Everything that was started is closed again, in the opposite order. */
async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const client = clientOf(settings, "rd-station", "RD_STATION", sandboxClient);
  const crmClient = clientOf(settings, "rd-station-crm", "RD_STATION_CRM", sandboxCrmClient);
  const fresh = process.argv.includes("--fresh");
  if (fresh) await ensureUnused(join(settings.DATA_DIR, "aws"));
  const directory = openDataDirectory(settings.DATA_DIR, fresh);
  const aws = await startAwsEndpoint({ port: settings.AWS_PORT, dataDirectory: join(directory.path, "aws") });
  const localConsole = createConsole();
  const gateway = await startGateway({ port: settings.PORT, load: loadFunction, pages: localConsole.routes });
  const publicUrl = (settings.PUBLIC_URL ?? `http://127.0.0.1:${gateway.port}`).replace(/\/+$/, "");
  const sandbox = await startSandbox({
    port: settings.SANDBOX_PORT,
    dataDirectory: join(directory.path, "sandbox"),
    tokenSeconds: settings.SANDBOX_TOKEN_SECONDS,
    rdStationClient: client,
    redirectUris: [`${publicUrl}/auth/rd-station/callback`],
    rdStationCrmClient: crmClient,
    rdStationCrmRedirectUris: [`${publicUrl}/auth/rd-station-crm/callback`],
  });
  setLambdaEnvironment({ ...stackNames, settings, awsUrl: aws.url, publicUrl, sandboxUrl: sandbox.url });
  await provisionStack({ ...stackNames, prefix: settings.PREFIX, clients: [client, crmClient] });
  const repaired = await repairIndexes(aws.url, stackNames.tableName);
  const schedule = startSchedule(settings.SWEEP_SECONDS);
  const brokerUrl = `http://127.0.0.1:${gateway.port}`;
  const providers = configuredProviders(readConfig(process.env).providers).values();
  localConsole.open({ brokerUrl, awsUrl: aws.url, sandboxUrl: sandbox.url, providers });

  const stop = once(async () => {
    localConsole.close();
    await Promise.all([schedule.close(), gateway.close()]);
    await sandbox.close();
    await aws.close();
    process.exit(0);
  });
  // Before anything is printed: whoever reads that it is ready may end it at once.
  process.on("SIGTERM", stop).on("SIGINT", stop);

  if (repaired > 0) console.log(`Repaired ${repaired} index entries after an unclean stop.`);
  console.log(
    firstSteps({
      brokerUrl,
      publicUrl,
      awsUrl: aws.url,
      sandboxUrl: sandbox.url,
      prefix: settings.PREFIX,
      isNew: directory.isNew,
    }),
  );
  console.log(`chaveiro is ready at ${brokerUrl}`);
}

function clientOf(
  settings: LocalSettings,
  provider: string,
  prefix: "RD_STATION" | "RD_STATION_CRM",
  sandbox: { readonly clientId: string; readonly clientSecret: string },
): LocalClient {
  const origin = settings[`${prefix}_ORIGIN`];
  const clientId = settings[`${prefix}_CLIENT_ID`];
  const clientSecret = settings[`${prefix}_CLIENT_SECRET`];
  if (origin !== undefined && (clientId === undefined || clientSecret === undefined)) {
    console.warn(
      `${prefix}_ORIGIN is set without ${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET: the sandbox's are used.`,
    );
  }
  return { provider, clientId: clientId ?? sandbox.clientId, clientSecret: clientSecret ?? sandbox.clientSecret };
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
