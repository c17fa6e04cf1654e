/* Invokes the handler once, against what `npm start` runs. Takes the same settings. */

const account = "acme";
const { PORT = "8788", AWS_PORT = "8789", SANDBOX_PORT = "8790" } = process.env;
const broker = `http://127.0.0.1:${PORT}`;
const connection = `${broker}/v1/connections/rd-station/${account}`;

/** What a deployed function has from its role, its Region and its configuration. */
const functionEnvironment = {
  AWS_ENDPOINT_URL: `http://127.0.0.1:${AWS_PORT}`,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
  CHAVEIRO_URL: broker,
};

/** Connects the account with a refresh token of the sandbox, unless it is connected. */
async function connect(): Promise<void> {
  const found = await request("GET", connection);
  const { status } = (await found.json()) as { readonly status?: unknown };
  if (status === "active" || status === "degraded") return;
  const sandbox = `http://localhost:${SANDBOX_PORT}/_sandbox/rd-station/refresh-tokens`;
  const handedOut = await request("PUT", sandbox, { account: "Acme Ltda" });
  const { refresh_token } = (await handedOut.json()) as { readonly refresh_token: string };
  const connected = await request("PUT", connection, { refresh_token });
  if (!connected.ok) throw new Error(`${account} could not be connected: ${await connected.text()}`);
  console.log(`Connected rd-station/${account}.`);
}

async function request(method: string, url: string, body?: object): Promise<Response> {
  const init = body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return fetch(url, { method, ...init }).catch((cause: unknown) => {
    throw new Error(`Nothing answers at ${new URL(url).origin}. Run npm start in another terminal.`, { cause });
  });
}

try {
  await connect();
  Object.assign(process.env, functionEnvironment);
  // Not before: the client reads the environment when the function is loaded.
  const { handler } = await import("./index.ts");
  for (const { name, email } of await handler({ account })) console.log(`${name} <${email}>`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
