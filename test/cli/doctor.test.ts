import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sandboxClient, sandboxCrmClient } from "../../infra/local/sandbox-client.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";
import { runCommand } from "./command-process.ts";

// Each command is a process of its own, which takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let stack: LocalStack;
let broker: StackClient;

beforeAll(async () => {
  // No sweep comes: what is due stays due.
  stack = await startLocalStack({ SWEEP_SECONDS: "86400", SANDBOX_TOKEN_SECONDS: "600" });
  broker = stackClient(stack);
}, 90_000);
afterAll(() => stack.dispose());

const doctor = () => runCommand(["doctor"], { CHAVEIRO_URL: stack.brokerUrl, AWS_ENDPOINT_URL: stack.awsUrl });

it("finds nothing wrong with a local broker, and says what does not apply to it", async () => {
  await broker.connect("acme");
  const { code, stdout, stderr } = await doctor();
  expect([code, stderr]).toEqual([0, ""]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/ {2,}/).slice(0, 2));
  expect(rows).toEqual([
    ["ok", "broker"],
    ["ok", "clock"],
    ["skipped", "credentials"],
    ["ok", "permissions"],
    ["skipped", "concurrency limit"],
    ["ok", "rd-station"],
    ["ok", "rd-station"],
    ["ok", "rd-station"],
    ["ok", "rd-station-crm"],
    ["ok", "rd-station-crm"],
    ["ok", "rd-station-crm"],
    ["skipped", "itflex"],
    ["ok", "oldest due"],
    ["ok", "refreshes"],
  ]);
  expect(stdout).toContain(`the callback URL is ${stack.brokerUrl}/auth/rd-station/callback\n`);
  expect(stdout).toContain("1 active of 1 connection, and no last refresh failed");
  expect((await broker.call("GET", "/v1/connections/rd-station/chaveiro-doctor")).status).toBe(404);
});

it("asks the provider itself whether it knows the callback URL and the client, and whether it works", async () => {
  const crm = stackClient(stack, "rd-station-crm");
  await broker.sandbox.settings({ propagation_seconds: 0 });
  await broker.sandbox.client({ redirect_uris: ["https://else.example/callback"] });
  await crm.sandbox.client({ client_id: "another" });
  const refused = await doctor();
  expect(refused.code).toBe(5);
  expect(refused.stdout).toMatch(
    /^problem +rd-station +RD Station Marketing refuses this callback URL, or our client_id \(401\)\n +→ .*client set rd-station$/m,
  );
  expect(refused.stdout).toMatch(/^problem +rd-station-crm +RD Station CRM refuses .* \(400\)\n/m);

  await broker.sandbox.client({ redirect_uris: [`${stack.brokerUrl}/auth/rd-station/callback`] });
  await crm.sandbox.client({ client_id: sandboxCrmClient.clientId });
  await broker.sandbox.faults([{ kind: "server-error", endpoint: "dialog", status: 503 }]);
  await crm.sandbox.faults([{ kind: "reset", endpoint: "dialog" }]);
  const failing = await doctor();
  await broker.sandbox.faults([]);
  await crm.sandbox.faults([]);
  expect(failing.code).toBe(0);
  expect(failing.stdout).toMatch(
    /^warning +rd-station +RD Station Marketing answers this machine with 503 at http\S+\n +→/m,
  );
  expect(failing.stdout).toMatch(
    /^warning +rd-station-crm +RD Station CRM does not answer this machine at http\S+\n +→/m,
  );
});

it("says which connections need somebody, and whom", async () => {
  for (const account of ["dead", "failing", "refused", "stuck"]) await broker.connect(account);
  await broker.sandbox.endGrants("dead");
  await broker.refresh("dead");
  await broker.sandbox.faults([
    { kind: "server-error", endpoint: "revoke", account: "stuck" },
    { kind: "html", endpoint: "token", account: "failing" },
    { kind: "wrong-client", endpoint: "token", account: "refused" },
  ]);
  await broker.revoke("stuck");
  await broker.refresh("failing");
  await broker.refresh("refused");
  const { code, stdout, stderr } = await doctor();
  expect(stdout).toMatch(
    /^problem +refreshes +the provider refuses our client credentials: rd-station\/refused\n +→ .*client set/m,
  );
  expect(stdout).toMatch(/^warning +refreshes +the provider did not answer.*: rd-station\/failing$/m);
  expect(stdout).toMatch(/^warning +refreshes +the owner has to authorize again: rd-station\/dead$/m);
  expect(stdout).toMatch(/^warning +refreshes +revoked here, .*: rd-station\/stuck$/m);
  expect([code, stderr]).toEqual([5, "chaveiro: One problem was found. [problems_found]\n"]);
});

it("finds a broker that cannot begin an authorization, and tells a browser's address that leads nowhere", async () => {
  await stack.stop();
  await stack.start({ PUBLIC_URL: "http://127.0.0.1:9" });
  const { code, stdout } = await doctor();
  expect(stdout).toMatch(
    /^problem +rd-station +the link http:\/\/127\.0\.0\.1:9 is not reachable from here\n +→ .*PUBLIC_URL/m,
  );
  expect(code).toBe(5);

  await stack.stop();
  await stack.start({ PUBLIC_URL: stack.brokerUrl });
  const { DeleteSecretCommand } = await import("@aws-sdk/client-secrets-manager");
  const { secretsManagerClient } = await import("../../shared/aws/aws-clients.ts");
  const { clientOptions } = await import("../contracts/aws-host.ts");
  const secrets = secretsManagerClient(clientOptions(stack.awsUrl));
  const missing = { SecretId: "chaveiro/clients/rd-station", ForceDeleteWithoutRecovery: true };
  await secrets.send(new DeleteSecretCommand(missing));
  const { stdout: without } = await doctor();
  expect(without).toMatch(
    /^problem +rd-station +the broker cannot send a browser to RD Station Marketing \(50\d\)\n +→ .*chaveiro client set rd-station$/m,
  );

  const args = ["client", "set", "rd-station", "--client-id", sandboxClient.clientId];
  await runCommand(args, { CHAVEIRO_URL: stack.brokerUrl, AWS_ENDPOINT_URL: stack.awsUrl }, sandboxClient.clientSecret);
  expect((await doctor()).stdout).not.toMatch(/^problem +rd-station /m);
}, 90_000);
