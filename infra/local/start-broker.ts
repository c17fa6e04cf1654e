import { Hono } from "hono";
import { startGateway } from "./gateway.ts";
import { loadFunction, setLambdaEnvironment } from "./local-functions.ts";
import { startSchedule } from "./schedule.ts";
import { readSettings } from "./settings.ts";
import { stackNames } from "./stack-names.ts";

/*
 * Runs one more broker on `PORT`, on the AWS endpoint and the sandbox of an `npm start` that listens on `AWS_PORT` and
 * `SANDBOX_PORT`. It can be killed and started again while they go on, as a Lambda dies without its table.
 */
const settings = readSettings(process.env);
const pages = new Hono().get("/", (context) => context.text("A broker of chaveiro is running.\n"));
const gateway = await startGateway({ port: settings.PORT, load: loadFunction, pages });
const url = `http://127.0.0.1:${gateway.port}`;
setLambdaEnvironment({
  ...stackNames,
  settings,
  awsUrl: `http://127.0.0.1:${settings.AWS_PORT}`,
  publicUrl: settings.PUBLIC_URL ?? url,
  sandboxUrl: `http://localhost:${settings.SANDBOX_PORT}`,
});
startSchedule(settings.SWEEP_SECONDS);
console.log(`A broker is ready at ${url}`);
