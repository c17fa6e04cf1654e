import { randomUUID } from "node:crypto";
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";

/** Where an implementation is known not to do what AWS documents; the test for it is then skipped. */
export type Deviation =
  | "a name scheduled for deletion counts as existing"
  | "a new current version forgets the other labels of the one before it"
  | "a new current version leaves AWSPENDING behind"
  | "a read without a stage keeps to the version that was current before a move"
  | "a repeated pending put takes AWSCURRENT from its version"
  | "a secret has no size limit"
  | "a version without labels is still described"
  | "an ARN without suffix is found although it looks complete"
  | "any label but AWSCURRENT can be moved without naming its holder"
  | "AWSCURRENT can be removed"
  | "labels come in the order they were given in"
  | "moving AWSCURRENT to where it is fails"
  | "names are not checked"
  | "the value of a pending version can be replaced"
  | "the value can be updated under an existing token"
  | "writes to a secret scheduled for deletion succeed";

const token = (seed: string): string => seed.padEnd(32, "0");

/** What AWS documents of Secrets Manager, as tests to run against any implementation of it. */
export function describeSecretsManager(
  implementation: string,
  client: () => SecretsManagerClient,
  deviations: readonly Deviation[] = [],
): void {
  const unless = (deviation: Deviation) => it.skipIf(deviations.includes(deviation));

  const create = async (value?: string, id = token("v1")): Promise<string> => {
    const Name = `contract/${randomUUID()}`;
    await client().send(
      new CreateSecretCommand(value === undefined ? { Name } : { Name, SecretString: value, ClientRequestToken: id }),
    );
    return Name;
  };
  const put = (SecretId: string, value: string, id: string, stages?: string[]) =>
    client().send(
      new PutSecretValueCommand({
        SecretId,
        SecretString: value,
        ClientRequestToken: token(id),
        ...(stages && { VersionStages: stages }),
      }),
    );
  const move = (SecretId: string, VersionStage: string, to: string | undefined, from?: string) =>
    client().send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage,
        ...(to !== undefined && { MoveToVersionId: token(to) }),
        ...(from !== undefined && { RemoveFromVersionId: token(from) }),
      }),
    );
  const get = (SecretId: string, more: { VersionId?: string; VersionStage?: string } = {}) =>
    client().send(new GetSecretValueCommand({ SecretId, ...more }));
  const labels = async (SecretId: string): Promise<Record<string, string[]>> => {
    const { VersionIdsToStages = {} } = await client().send(new DescribeSecretCommand({ SecretId }));
    return Object.fromEntries(
      Object.entries(VersionIdsToStages).map(([id, stages]) => [id.replace(/0+$/, ""), [...stages].sort()]),
    );
  };

  describe(`Secrets Manager on ${implementation}`, () => {
    it("gives a new secret's value by name, ARN, ARN without suffix, version and stage", async () => {
      const name = await create("one");
      const answer = await get(name);
      expect(answer).toMatchObject({ Name: name, SecretString: "one", VersionId: token("v1") });
      expect(answer.VersionStages).toEqual(["AWSCURRENT"]);
      expect(answer.ARN).toMatch(new RegExp(`:secret:${name}-[A-Za-z0-9]{6}$`));
      expect(Math.abs(Number(answer.CreatedDate) - Date.now())).toBeLessThan(60_000);
      const arn = answer.ARN ?? "";
      for (const id of [arn, arn.slice(0, -7)]) expect((await get(id)).SecretString).toBe("one");
      expect((await get(name, { VersionId: token("v1") })).SecretString).toBe("one");
      expect((await get(name, { VersionStage: "AWSCURRENT" })).SecretString).toBe("one");
      expect((await get(name, { VersionId: token("v1"), VersionStage: "AWSCURRENT" })).SecretString).toBe("one");
    });

    it("keeps binary values as they are", async () => {
      const Name = `contract/${randomUUID()}`;
      const SecretBinary = Uint8Array.of(0, 255, 10, 128);
      await client().send(new CreateSecretCommand({ Name, SecretBinary }));
      const answer = await get(Name);
      expect(answer.SecretBinary).toEqual(SecretBinary);
      expect(answer.SecretString).toBeUndefined();
    });

    it("says that a secret, a version or a stage is not there", async () => {
      const name = await create("one");
      await expect(get("contract/nothing")).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        message: "Secrets Manager can't find the specified secret.",
      });
      await expect(get(name, { VersionId: token("v9") })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      await expect(get(name, { VersionStage: "AWSPENDING" })).rejects.toMatchObject({
        name: "ResourceNotFoundException",
      });
    });

    it("says of a secret without a value that it has no AWSCURRENT", async () => {
      await expect(get(await create())).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
      });
    });

    it("refuses a version and a stage that do not belong together", async () => {
      const name = await create("one");
      await put(name, "two", "v2");
      await expect(get(name, { VersionId: token("v1"), VersionStage: "AWSCURRENT" })).rejects.toMatchObject({
        name: "InvalidRequestException",
      });
    });

    it("refuses to create an existing secret", async () => {
      const SecretString = "one";
      const Name = await create(SecretString);
      await expect(client().send(new CreateSecretCommand({ Name, SecretString }))).rejects.toMatchObject({
        name: "ResourceExistsException",
      });
      await expect(
        client().send(new CreateSecretCommand({ Name, SecretString: "other", ClientRequestToken: token("v1") })),
      ).rejects.toMatchObject({ name: "ResourceExistsException" });
    });

    it("lets a create be repeated with the same token and value", async () => {
      const Name = await create("one");
      const repeated = await client().send(
        new CreateSecretCommand({ Name, SecretString: "one", ClientRequestToken: token("v1") }),
      );
      expect(repeated.VersionId).toBe(token("v1"));
      expect(await labels(Name)).toEqual({ v1: ["AWSCURRENT"] });
    });

    it("makes a put version current and the one before it previous", async () => {
      const name = await create("one");
      expect(await put(name, "two", "v2")).toMatchObject({ VersionId: token("v2"), VersionStages: ["AWSCURRENT"] });
      expect(await labels(name)).toEqual({ v1: ["AWSPREVIOUS"], v2: ["AWSCURRENT"] });
      expect((await get(name)).SecretString).toBe("two");
      expect((await get(name, { VersionStage: "AWSPREVIOUS" })).SecretString).toBe("one");
    });

    unless("a version without labels is still described")("forgets the labels of older versions", async () => {
      const name = await create("one");
      await put(name, "two", "v2");
      await put(name, "three", "v3");
      expect(await labels(name)).toEqual({ v2: ["AWSPREVIOUS"], v3: ["AWSCURRENT"] });
      expect((await get(name, { VersionId: token("v1") })).SecretString).toBe("one");
    });

    it("does not move AWSCURRENT for a put with AWSPENDING only", async () => {
      const name = await create("one");
      await put(name, "two", "v2", ["AWSPENDING"]);
      expect(await labels(name)).toEqual({ v1: ["AWSCURRENT"], v2: ["AWSPENDING"] });
      expect((await get(name)).SecretString).toBe("one");
      expect((await get(name, { VersionStage: "AWSPENDING" })).SecretString).toBe("two");
    });

    it("takes a put stage away from the version that had it", async () => {
      const name = await create("one");
      await put(name, "two", "v2", ["AWSPENDING", "blue"]);
      await put(name, "three", "v3", ["AWSPENDING"]);
      expect(await labels(name)).toEqual({ v1: ["AWSCURRENT"], v2: ["blue"], v3: ["AWSPENDING"] });
    });

    unless("labels come in the order they were given in")(
      "gives the labels of a version in alphabetical order",
      async () => {
        const name = await create("one");
        expect((await put(name, "two", "v2", ["two", "one", "AWSPENDING"])).VersionStages).toEqual([
          "AWSPENDING",
          "one",
          "two",
        ]);
      },
    );

    it("makes the first version current whatever its stages", async () => {
      const name = await create();
      await put(name, "one", "v1", ["AWSPENDING"]);
      expect(await labels(name)).toEqual({ v1: ["AWSCURRENT", "AWSPENDING"] });
    });

    it("changes nothing when a put is repeated", async () => {
      const name = await create("one");
      await put(name, "two", "v2");
      await put(name, "one", "v1");
      expect(await labels(name)).toEqual({ v1: ["AWSPREVIOUS"], v2: ["AWSCURRENT"] });
      expect((await get(name)).SecretString).toBe("two");
    });

    unless("a repeated pending put takes AWSCURRENT from its version")(
      "changes nothing when a pending put is repeated",
      async () => {
        const name = await create("one");
        await put(name, "two", "v2", ["AWSPENDING"]);
        await move(name, "AWSCURRENT", "v2", "v1");
        await put(name, "two", "v2", ["AWSPENDING"]);
        expect(await labels(name)).toEqual({ v1: ["AWSPREVIOUS"], v2: ["AWSCURRENT", "AWSPENDING"] });
      },
    );

    it("refuses another value under the token of a version", async () => {
      const name = await create("one");
      await put(name, "two", "v2");
      for (const id of ["v1", "v2"])
        await expect(put(name, "other", id)).rejects.toMatchObject({ name: "ResourceExistsException" });
      expect((await get(name)).SecretString).toBe("two");
    });

    unless("the value of a pending version can be replaced")(
      "refuses another value under the token of a pending version",
      async () => {
        const name = await create("one");
        await put(name, "two", "v2", ["AWSPENDING"]);
        await expect(put(name, "other", "v2", ["AWSPENDING"])).rejects.toMatchObject({
          name: "ResourceExistsException",
        });
        expect((await get(name, { VersionStage: "AWSPENDING" })).SecretString).toBe("two");
      },
    );

    it("moves AWSCURRENT from the version that is named, and AWSPREVIOUS to it", async () => {
      const name = await create("one");
      await put(name, "two", "v2", ["AWSPENDING"]);
      await move(name, "AWSCURRENT", "v2", "v1");
      expect(await labels(name)).toEqual({ v1: ["AWSPREVIOUS"], v2: ["AWSCURRENT", "AWSPENDING"] });
      expect((await get(name, { VersionStage: "AWSCURRENT" })).SecretString).toBe("two");
      await put(name, "three", "v3", ["AWSPENDING"]);
      await move(name, "AWSCURRENT", "v3", "v2");
      expect(await labels(name)).toMatchObject({ v2: ["AWSPREVIOUS"], v3: ["AWSCURRENT", "AWSPENDING"] });
    });

    unless("a read without a stage keeps to the version that was current before a move")(
      "reads the version that AWSCURRENT was moved to",
      async () => {
        const name = await create("one");
        await put(name, "two", "v2", ["AWSPENDING"]);
        await move(name, "AWSCURRENT", "v2", "v1");
        expect((await get(name)).SecretString).toBe("two");
      },
    );

    it("moves AWSCURRENT back to the previous version", async () => {
      const name = await create("one");
      await put(name, "two", "v2");
      await move(name, "AWSCURRENT", "v1", "v2");
      expect(await labels(name)).toEqual({ v1: ["AWSCURRENT"], v2: ["AWSPREVIOUS"] });
    });

    unless("a new current version forgets the other labels of the one before it")(
      "leaves custom labels on the version that stops being current",
      async () => {
        const name = await create("one");
        await put(name, "two", "v2", ["AWSCURRENT", "blue"]);
        await put(name, "three", "v3");
        expect(await labels(name)).toEqual({ v2: ["AWSPREVIOUS", "blue"], v3: ["AWSCURRENT"] });
      },
    );

    unless("a new current version leaves AWSPENDING behind")(
      "takes AWSPENDING from a current version that a put replaces",
      async () => {
        const name = await create("one");
        await put(name, "two", "v2", ["AWSPENDING"]);
        await move(name, "AWSCURRENT", "v2", "v1");
        await put(name, "three", "v3");
        expect(await labels(name)).toEqual({ v2: ["AWSPREVIOUS"], v3: ["AWSCURRENT"] });
      },
    );

    it("does not move AWSCURRENT without the version that has it", async () => {
      const name = await create("one");
      await put(name, "two", "v2");
      await put(name, "three", "v3", ["AWSPENDING"]);
      for (const from of [undefined, "v1", "v3"])
        await expect(move(name, "AWSCURRENT", "v3", from)).rejects.toMatchObject({ name: "InvalidParameterException" });
      expect(await labels(name)).toEqual({ v1: ["AWSPREVIOUS"], v2: ["AWSCURRENT"], v3: ["AWSPENDING"] });
    });

    unless("any label but AWSCURRENT can be moved without naming its holder")(
      "does not move any other label without the version that has it",
      async () => {
        const name = await create("one");
        await put(name, "two", "v2", ["blue"]);
        await expect(move(name, "blue", "v1")).rejects.toMatchObject({ name: "InvalidParameterException" });
        await move(name, "blue", "v1", "v2");
        expect(await labels(name)).toEqual({ v1: ["AWSCURRENT", "blue"] });
      },
    );

    it("attaches a label that no version has", async () => {
      const name = await create("one");
      await move(name, "blue", "v1");
      expect(await labels(name)).toEqual({ v1: ["AWSCURRENT", "blue"] });
    });

    unless("moving AWSCURRENT to where it is fails")("accepts a move to where the label is", async () => {
      const name = await create("one");
      await move(name, "AWSCURRENT", "v1");
      await move(name, "AWSCURRENT", "v1", "v1");
      expect(await labels(name)).toEqual({ v1: ["AWSCURRENT"] });
    });

    it("removes a label without giving it to another version", async () => {
      const name = await create("one");
      await put(name, "two", "v2", ["blue", "green"]);
      await move(name, "blue", undefined, "v2");
      expect(await labels(name)).toEqual({ v1: ["AWSCURRENT"], v2: ["green"] });
    });

    unless("AWSCURRENT can be removed")("does not remove AWSCURRENT", async () => {
      const name = await create("one");
      await expect(move(name, "AWSCURRENT", undefined, "v1")).rejects.toMatchObject({
        name: "InvalidParameterException",
      });
    });

    it("updates the value and the description", async () => {
      const SecretId = await create("one");
      await client().send(new UpdateSecretCommand({ SecretId, Description: "ours" }));
      expect(await labels(SecretId)).toEqual({ v1: ["AWSCURRENT"] });
      const updated = await client().send(
        new UpdateSecretCommand({ SecretId, SecretString: "two", ClientRequestToken: token("v2") }),
      );
      expect(updated.VersionId).toBe(token("v2"));
      expect(await labels(SecretId)).toEqual({ v1: ["AWSPREVIOUS"], v2: ["AWSCURRENT"] });
      expect(await client().send(new DescribeSecretCommand({ SecretId }))).toMatchObject({ Description: "ours" });
    });

    unless("the value can be updated under an existing token")(
      "refuses an update under the token of a version, even with its value",
      async () => {
        const SecretId = await create("one");
        await expect(
          client().send(new UpdateSecretCommand({ SecretId, SecretString: "one", ClientRequestToken: token("v1") })),
        ).rejects.toMatchObject({ name: "ResourceExistsException" });
      },
    );

    it("schedules a deletion, hides the secret and restores it", async () => {
      const SecretId = await create("one");
      const deleted = await client().send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
      expect(Number(deleted.DeletionDate) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
      await expect(get(SecretId)).rejects.toMatchObject({ name: "InvalidRequestException" });
      await expect(client().send(new DeleteSecretCommand({ SecretId }))).rejects.toMatchObject({
        name: "InvalidRequestException",
      });
      const described = await client().send(new DescribeSecretCommand({ SecretId }));
      expect(described.DeletedDate).toBeInstanceOf(Date);
      const filters = { Filters: [{ Key: "name" as const, Values: [SecretId] }] };
      expect((await client().send(new ListSecretsCommand(filters))).SecretList).toEqual([]);
      const planned = await client().send(new ListSecretsCommand({ ...filters, IncludePlannedDeletion: true }));
      expect(planned.SecretList).toHaveLength(1);
      await client().send(new RestoreSecretCommand({ SecretId }));
      expect((await get(SecretId)).SecretString).toBe("one");
    });

    unless("a name scheduled for deletion counts as existing")("blocks a name scheduled for deletion", async () => {
      const Name = await create("one");
      await client().send(new DeleteSecretCommand({ SecretId: Name }));
      await expect(client().send(new CreateSecretCommand({ Name, SecretString: "two" }))).rejects.toMatchObject({
        name: "InvalidRequestException",
        message: "You can't create this secret because a secret with this name is already scheduled for deletion.",
      });
    });

    unless("writes to a secret scheduled for deletion succeed")(
      "refuses writes to a secret scheduled for deletion",
      async () => {
        const SecretId = await create("one");
        await client().send(new DeleteSecretCommand({ SecretId }));
        for (const write of [
          () => put(SecretId, "two", "v2"),
          () => move(SecretId, "blue", "v1"),
          () => client().send(new UpdateSecretCommand({ SecretId, Description: "" })),
          () => client().send(new TagResourceCommand({ SecretId, Tags: [] })),
        ])
          await expect(write()).rejects.toMatchObject({ name: "InvalidRequestException" });
      },
    );

    it("deletes at once when forced, even what is not there, and frees the name", async () => {
      const Name = await create("one");
      const before = (await get(Name)).ARN;
      await client().send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
      await expect(get(Name)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      await client().send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
      const created = await client().send(new CreateSecretCommand({ Name, SecretString: "two" }));
      expect(created.ARN).not.toBe(before);
      await expect(client().send(new DeleteSecretCommand({ SecretId: "contract/nothing" }))).rejects.toMatchObject({
        name: "ResourceNotFoundException",
      });
    });

    it("refuses a recovery window that is not 7 to 30 days, or together with force", async () => {
      const SecretId = await create("one");
      for (const bad of [
        { RecoveryWindowInDays: 6 },
        { RecoveryWindowInDays: 31 },
        { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
      ])
        await expect(client().send(new DeleteSecretCommand({ SecretId, ...bad }))).rejects.toMatchObject({
          name: "InvalidParameterException",
        });
    });

    unless("an ARN without suffix is found although it looks complete")(
      "takes an ARN that ends in a hyphen and six characters for a complete one",
      async () => {
        const Name = `contract/${randomUUID().slice(0, 8)}-a1b2c3`;
        const { ARN = "" } = await client().send(new CreateSecretCommand({ Name, SecretString: "one" }));
        expect((await get(Name)).SecretString).toBe("one");
        await expect(get(ARN.slice(0, -7))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      },
    );

    it("adds and removes tags", async () => {
      const SecretId = await create("one");
      const tag = (Key: string, Value: string) => ({ Key, Value });
      await client().send(new TagResourceCommand({ SecretId, Tags: [tag("a", "1"), tag("b", "1")] }));
      await client().send(new TagResourceCommand({ SecretId, Tags: [tag("b", "2"), tag("c", "3")] }));
      await client().send(new UntagResourceCommand({ SecretId, TagKeys: ["a", "z"] }));
      const { Tags } = await client().send(new DescribeSecretCommand({ SecretId }));
      expect(Tags).toEqual([tag("b", "2"), tag("c", "3")]);
    });

    it("gets several values at once, and says which are not there", async () => {
      const names = [await create("one"), await create("two")];
      const batch = await client().send(
        new BatchGetSecretValueCommand({ SecretIdList: [...names, "contract/nothing"] }),
      );
      expect(batch.SecretValues?.map((value) => value.SecretString)).toEqual(["one", "two"]);
      expect(batch.Errors).toMatchObject([{ SecretId: "contract/nothing", ErrorCode: "ResourceNotFoundException" }]);
    });

    unless("names are not checked")("refuses names that AWS refuses", async () => {
      for (const Name of ["with space", "star*", "ação", "question?"])
        await expect(client().send(new CreateSecretCommand({ Name, SecretString: "x" }))).rejects.toMatchObject({
          name: "ValidationException",
        });
    });

    unless("a secret has no size limit")("refuses a value above 65,536 bytes", async () => {
      const SecretId = await create("one");
      await put(SecretId, "x".repeat(65_536), "v2");
      await expect(put(SecretId, "x".repeat(65_537), "v3")).rejects.toMatchObject({ name: "ValidationException" });
      await expect(put(SecretId, "é".repeat(32_769), "v3")).rejects.toMatchObject({ name: "ValidationException" });
    });

    it("refuses a token that is not 32 to 64 characters long", async () => {
      const SecretId = await create("one");
      for (const ClientRequestToken of ["short", "x".repeat(65)])
        await expect(
          client().send(new PutSecretValueCommand({ SecretId, SecretString: "two", ClientRequestToken })),
        ).rejects.toMatchObject({ name: "InvalidParameterException" });
    });
  });
}
