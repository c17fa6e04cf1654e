import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { secretsManagerClientCredentials } from "../../../shared/aws/secrets-manager-client-credentials.ts";
import type { ClientCredentialsStore } from "../../../shared/broker/ports.ts";
import { type LocalAwsHost, startLocalAws } from "../../contracts/aws-host.ts";
import { storeSecret } from "../../contracts/aws-ports.ts";

let host: LocalAwsHost;
let store: ClientCredentialsStore;
beforeAll(async () => {
  host = await startLocalAws();
  store = secretsManagerClientCredentials({ client: host.secretsManager, prefix: "keys", clock: { now: () => 0 } });
});
afterEach(() => host.setFaults([]));
afterAll(() => host.close());

const put = (provider: string, value: string) => storeSecret(host.secretsManager, `keys/clients/${provider}`, value);

it("reads its prefix and lets other members be", async () => {
  await put("rd-station", '{"client_id":"id","client_secret":"secret","note":"2026"}');
  expect(await store.read("rd-station")).toEqual({ clientId: "id", clientSecret: "secret" });
});

it.each([
  "s3cret-value",
  '{"client_id":"s3cret-value"',
  '"s3cret-value"',
  "null",
  "{}",
  '{"client_id":"s3cret-value"}',
  '{"client_id":"","client_secret":"s3cret-value"}',
  '{"client_id":"s3cret-value","client_secret":""}',
  '{"client_id":1,"client_secret":"s3cret-value"}',
])("refuses %s, says what to store where, and repeats nothing of it", async (value) => {
  await put("malformed", value);
  const error: unknown = await store.read("malformed").catch((failure: unknown) => failure);
  expect(error).toMatchObject({
    name: "BrokerError",
    code: "client_credentials_rejected",
    message: expect.stringMatching(/keys\/clients\/malformed.*\{"client_id":"…","client_secret":"…"\}/),
  });
  expect(error).not.toHaveProperty("cause");
  expect(JSON.stringify(error) + String(error)).not.toContain("s3cret-value");
});

it("counts a secret that is being deleted as none", async () => {
  await put("deleted", '{"client_id":"id","client_secret":"secret"}');
  await host.secretsManager.send(
    new DeleteSecretCommand({ SecretId: "keys/clients/deleted", RecoveryWindowInDays: 7 }),
  );
  await expect(store.read("deleted")).rejects.toMatchObject({ code: "client_credentials_rejected" });
});

it("reads once for a thousand who ask at the same time", async () => {
  await put("busy", '{"client_id":"id","client_secret":"secret"}');
  const readAll = () => Promise.all(Array.from({ length: 1_000 }, () => store.read("busy")));
  expect(await host.countRequests(readAll)).toEqual({ "secretsmanager.GetSecretValue": 1 });
  expect(await host.countRequests(readAll)).toEqual({});
});

it("reads anew when told to forget while a read is under way", async () => {
  await put("changing", '{"client_id":"id","client_secret":"secret"}');
  const readTwice = async () => {
    const before = store.read("changing");
    store.forget("changing");
    await Promise.all([before, store.read("changing"), store.read("changing")]);
  };
  expect(await host.countRequests(readTwice)).toEqual({ "secretsmanager.GetSecretValue": 2 });
});

it("passes other errors on and does not keep them", async () => {
  await put("denied", '{"client_id":"id","client_secret":"secret"}');
  await host.setFaults([{ service: "secretsmanager", operation: "GetSecretValue", error: "AccessDeniedException" }]);
  await expect(store.read("denied")).rejects.toMatchObject({ name: "AccessDeniedException" });
  expect(await store.read("denied")).toEqual({ clientId: "id", clientSecret: "secret" });
});
