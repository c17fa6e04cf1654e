import { randomUUID } from "node:crypto";
import { CreateKeyCommand } from "@aws-sdk/client-kms";
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  paginateListSecrets,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";

const day = 86_400_000;
let time = Date.UTC(2026, 10, 21, 15, 30);
let endpoint: AwsEndpoint;
let clients: ReturnType<typeof awsClients>;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined, now: () => time });
  clients = awsClients(endpoint.url);
});
afterAll(() => endpoint.close());

async function create(more: { Name?: string; Description?: string; Tags?: { Key: string; Value: string }[] } = {}) {
  const Name = more.Name ?? `local/${randomUUID()}`;
  await clients.secretsManager.send(new CreateSecretCommand({ SecretString: "one", ...more, Name }));
  return Name;
}
const describeSecret = (SecretId: string) => clients.secretsManager.send(new DescribeSecretCommand({ SecretId }));
const getValue = (SecretId: string) => clients.secretsManager.send(new GetSecretValueCommand({ SecretId }));

describe("the local Secrets Manager", () => {
  it("names the region of the signature in the ARN and is reached from every region", async () => {
    const Name = await create();
    expect((await getValue(Name)).ARN).toContain(":secretsmanager:sa-east-1:000000000000:secret:");
    const elsewhere = awsClients(endpoint.url, { region: "eu-west-1" }).secretsManager;
    expect((await elsewhere.send(new GetSecretValueCommand({ SecretId: Name }))).SecretString).toBe("one");
  });

  it("gives dates in milliseconds of creation, change and reading", async () => {
    const Name = await create();
    expect((await describeSecret(Name)).LastAccessedDate).toBeUndefined();
    const created = time;
    time += 1234;
    await getValue(Name);
    await clients.secretsManager.send(new UpdateSecretCommand({ SecretId: Name, Description: "changed" }));
    expect(await describeSecret(Name)).toMatchObject({
      CreatedDate: new Date(created),
      LastChangedDate: new Date(time),
      LastAccessedDate: new Date(Date.UTC(2026, 10, 21)),
    });
    expect((await getValue(Name)).CreatedDate).toEqual(new Date(created));
  });

  it("forgets a secret on its deletion date", async () => {
    const Name = await create();
    await clients.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }));
    time += 7 * day - 1;
    expect((await describeSecret(Name)).Name).toBe(Name);
    time += 1;
    await expect(describeSecret(Name)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await create({ Name });
    expect((await getValue(Name)).SecretString).toBe("one");
  });

  it("keeps the newest hundred versions and every one with a label", async () => {
    const SecretId = await create();
    const first = (await getValue(SecretId)).VersionId ?? "";
    const label = { SecretId, VersionStage: "first", MoveToVersionId: first };
    await clients.secretsManager.send(new UpdateSecretVersionStageCommand(label));
    for (let n = 0; n < 110; n++)
      await clients.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: `value ${n}` }));
    const all = await clients.secretsManager.send(
      new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true }),
    );
    expect(all.Versions).toHaveLength(100);
    expect(all.Versions?.[0]).toMatchObject({ VersionId: first, VersionStages: ["first"] });
    const labelled = await clients.secretsManager.send(new ListSecretVersionIdsCommand({ SecretId }));
    expect(labelled.Versions?.map((version) => version.VersionStages)).toEqual([
      ["first"],
      ["AWSPREVIOUS"],
      ["AWSCURRENT"],
    ]);
  });

  it("pages through versions", async () => {
    const SecretId = await create();
    for (let n = 0; n < 4; n++)
      await clients.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: `value ${n}` }));
    const list = { SecretId, IncludeDeprecated: true, MaxResults: 3 };
    const first = await clients.secretsManager.send(new ListSecretVersionIdsCommand(list));
    expect(first.Versions).toHaveLength(3);
    const { NextToken } = first;
    const second = await clients.secretsManager.send(new ListSecretVersionIdsCommand({ ...list, NextToken }));
    expect(second.Versions).toHaveLength(2);
    expect(second.NextToken).toBeUndefined();
    await expect(
      clients.secretsManager.send(new ListSecretVersionIdsCommand({ ...list, NextToken: "nonsense" })),
    ).rejects.toMatchObject({ name: "InvalidNextTokenException" });
  });

  it("lists secrets by filter, in order and by page", async () => {
    const prefix = `list-${randomUUID()}/`;
    await create({ Name: `${prefix}b`, Description: "Access token of Acme", Tags: [{ Key: "team", Value: "crm" }] });
    time += 1000;
    await create({ Name: `${prefix}a`, Tags: [{ Key: "team", Value: "erp" }] });
    const names = async (filters: [key: "name" | "description" | "tag-value" | "all", value: string][], more = {}) => {
      const Filters = [["name", prefix] as const, ...filters].map(([Key, value]) => ({ Key, Values: [value] }));
      const listed = await clients.secretsManager.send(new ListSecretsCommand({ Filters, ...more }));
      return listed.SecretList?.map((secret) => secret.Name?.slice(prefix.length)).join("");
    };
    expect(await names([])).toBe("ba");
    expect(await names([], { SortOrder: "desc" })).toBe("ab");
    expect(await names([], { SortBy: "name" })).toBe("ab");
    expect(await names([["description", "acc"]])).toBe("b");
    expect(await names([["tag-value", "!crm"]])).toBe("a");
    expect(await names([["all", "ACME"]])).toBe("b");
    expect(await names([["name", "nothing"]])).toBe("");
    const pages = paginateListSecrets(
      { client: clients.secretsManager, pageSize: 1 },
      { Filters: [{ Key: "name", Values: [prefix] }] },
    );
    const sizes: (number | undefined)[] = [];
    for await (const page of pages) sizes.push(page.SecretList?.length);
    expect(sizes).toEqual([1, 1]);
  });

  it("gets the values that pass a filter", async () => {
    const prefix = `batch-${randomUUID()}`;
    await create({ Name: `${prefix}/a` });
    await create({ Name: `${prefix}/b` });
    const Filters = [{ Key: "name" as const, Values: [prefix] }];
    const batch = await clients.secretsManager.send(new BatchGetSecretValueCommand({ Filters }));
    expect(batch.SecretValues?.map((value) => value.Name)).toEqual([`${prefix}/a`, `${prefix}/b`]);
    await expect(
      clients.secretsManager.send(new BatchGetSecretValueCommand({ Filters, SecretIdList: ["x"] })),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  it("encrypts with the KMS key of the secret, and again when that changes", async () => {
    const keys = [await clients.kms.send(new CreateKeyCommand()), await clients.kms.send(new CreateKeyCommand())].map(
      ({ KeyMetadata }) => KeyMetadata?.KeyId ?? "",
    );
    const Name = `local/${randomUUID()}`;
    await clients.secretsManager.send(
      new CreateSecretCommand({ Name, SecretString: "one", ...(keys[0] && { KmsKeyId: keys[0] }) }),
    );
    expect((await describeSecret(Name)).KmsKeyId).toBe(keys[0]);
    await clients.secretsManager.send(
      new UpdateSecretCommand({ SecretId: Name, ...(keys[1] && { KmsKeyId: keys[1] }) }),
    );
    expect((await describeSecret(Name)).KmsKeyId).toBe(keys[1]);
    expect((await getValue(Name)).SecretString).toBe("one");
    await clients.secretsManager.send(new UpdateSecretCommand({ SecretId: Name, KmsKeyId: "" }));
    expect((await describeSecret(Name)).KmsKeyId).toBeUndefined();
    await expect(
      clients.secretsManager.send(
        new CreateSecretCommand({ Name: `${Name}/2`, SecretString: "x", KmsKeyId: randomUUID() }),
      ),
    ).rejects.toMatchObject({ name: "EncryptionFailure" });
  });

  it("refuses more than 20 labels, two values at once, and none", async () => {
    const SecretId = await create();
    const VersionStages = Array.from({ length: 20 }, (_, n) => `label${n}`);
    await expect(
      clients.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: "two", VersionStages })),
    ).rejects.toMatchObject({ name: "LimitExceededException" });
    await expect(
      clients.secretsManager.send(
        new PutSecretValueCommand({ SecretId, SecretString: "two", SecretBinary: Uint8Array.of(1) }),
      ),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(clients.secretsManager.send(new PutSecretValueCommand({ SecretId }))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  it("says in AWS's words why a label does not move", async () => {
    const SecretId = await create();
    const { VersionId: before = "" } = await getValue(SecretId);
    const { VersionId: after = "" } = await clients.secretsManager.send(
      new PutSecretValueCommand({ SecretId, SecretString: "two" }),
    );
    const move = (RemoveFromVersionId?: string) =>
      clients.secretsManager.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: "AWSCURRENT",
          MoveToVersionId: before,
          ...(RemoveFromVersionId && { RemoveFromVersionId }),
        }),
      );
    await expect(move()).rejects.toThrow(
      `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${after}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
    await expect(move(before)).rejects.toThrow(
      `Staging label AWSCURRENT isn't currently attached to version ${before}.`,
    );
    await expect(move(randomUUID())).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  it("finds no label among the names that every object has", async () => {
    const SecretId = await create();
    for (const VersionStage of ["constructor", "toString", "__proto__"]) {
      await expect(
        clients.secretsManager.send(new GetSecretValueCommand({ SecretId, VersionStage })),
      ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      const { VersionId = "" } = await getValue(SecretId);
      const label = { SecretId, VersionStage, MoveToVersionId: VersionId };
      await clients.secretsManager.send(new UpdateSecretVersionStageCommand(label));
      const labelled = await clients.secretsManager.send(new GetSecretValueCommand({ SecretId, VersionStage }));
      expect(labelled.VersionStages).toContain(VersionStage);
    }
  });
});
