import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hexDigest } from "../../../shared/broker/digest.ts";
import type { Publisher } from "../../../shared/broker/ports.ts";
import { type Fault, type LocalAwsHost, startLocalAws } from "../../contracts/aws-host.ts";
import { currentValue, publisherOver, storeSecret } from "../../contracts/aws-ports.ts";
import { publishedToken, tombstone } from "../../contracts/publisher.contract.ts";

let host: LocalAwsHost;
let publisher: Publisher;
let tests = 0;
const freshName = (): string => `chaveiro/rd-station/test-${++tests}`;
beforeAll(async () => {
  host = await startLocalAws();
  publisher = publisherOver(host.secretsManager);
});
afterEach(() => host.setFaults([]));
afterAll(() => host.close());

const current = (name: string) => currentValue(host.secretsManager, name);

describe("on the wire", () => {
  it("makes one read and two writes to replace a value", async () => {
    const name = freshName();
    await publisher.publish(name, publishedToken(1));
    expect(await host.countRequests(() => publisher.publish(name, publishedToken(2)))).toEqual({
      "secretsmanager.GetSecretValue": 1,
      "secretsmanager.PutSecretValue": 1,
      "secretsmanager.UpdateSecretVersionStage": 1,
    });
  });

  it("makes one read where there is nothing to do", async () => {
    const name = freshName();
    await publisher.publish(name, publishedToken(2));
    for (const value of [publishedToken(2), publishedToken(1)]) {
      expect(await host.countRequests(() => publisher.publish(name, value))).toEqual({
        "secretsmanager.GetSecretValue": 1,
      });
    }
  });

  it("creates a secret and reads what is in it then", async () => {
    expect(await host.countRequests(() => publisher.publish(freshName(), publishedToken(1)))).toEqual({
      "secretsmanager.GetSecretValue": 2,
      "secretsmanager.CreateSecret": 1,
    });
  });

  it("names a version after generation and value", async () => {
    const name = freshName();
    await publisher.publish(name, publishedToken(12));
    await publisher.publish(name, publishedToken(13));
    const { VersionIdsToStages } = await host.secretsManager.send(new DescribeSecretCommand({ SecretId: name }));
    const version = (generation: number) =>
      `g00000000${generation}-${hexDigest(JSON.stringify(publishedToken(generation))).slice(0, 32)}`;
    expect(VersionIdsToStages).toEqual({
      [version(12)]: ["AWSPREVIOUS"],
      [version(13)]: ["AWSCURRENT", "AWSPENDING"],
    });
  });

  it("stores the value to the letter", async () => {
    const name = freshName();
    await publisher.publish(name, tombstone(3));
    const { SecretString } = await host.secretsManager.send(new GetSecretValueCommand({ SecretId: name }));
    expect(SecretString).toBe(
      '{"provider":"rd-station","account":"acme","generation":3,"revoked_at":"2026-11-21T18:00:00.000Z"}',
    );
  });
});

describe("what is not ours to find", () => {
  it.each([
    "",
    "placeholder",
    "{}",
    "null",
    '{"generation":"7"}',
    '{"generation":-1}',
    '{"generation":1.5}',
    '{"generation":1e300}',
  ])("replaces a value without a generation and keeps it as the previous one: %s", async (value) => {
    const name = freshName();
    await storeSecret(host.secretsManager, name, value === "" ? " " : value);
    expect(await publisher.publish(name, publishedToken(1))).toBe(1);
    expect(await current(name)).toEqual(publishedToken(1));
    const previous = { SecretId: name, VersionStage: "AWSPREVIOUS" };
    const { SecretString } = await host.secretsManager.send(new GetSecretValueCommand(previous));
    expect(SecretString).toBe(value === "" ? " " : value);
  });

  it("replaces a binary value", async () => {
    const name = freshName();
    await host.secretsManager.send(new CreateSecretCommand({ Name: name, SecretBinary: Buffer.from("binary") }));
    expect(await publisher.publish(name, publishedToken(1))).toBe(1);
    expect(await current(name)).toEqual(publishedToken(1));
  });

  it("fills a secret that was created without a value", async () => {
    const name = freshName();
    await host.secretsManager.send(new CreateSecretCommand({ Name: name }));
    expect(await publisher.publish(name, publishedToken(1))).toBe(1);
    expect(await current(name)).toEqual(publishedToken(1));
  });

  it("tells of a secret that is being deleted, and leaves it alone", async () => {
    const name = freshName();
    await publisher.publish(name, publishedToken(1));
    await host.secretsManager.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }));
    await expect(publisher.publish(name, publishedToken(2))).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});

describe("failures", () => {
  const writes = ["CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"] as const;

  it.each(writes)("is done when the reply of %s is lost", async (operation) => {
    const name = freshName();
    if (operation !== "CreateSecret") await publisher.publish(name, publishedToken(1));
    await host.setFaults([{ service: "secretsmanager", operation, after: true, times: 3 }]);
    expect(await publisher.publish(name, publishedToken(2))).toBe(2);
    expect(await current(name)).toEqual(publishedToken(2));
  });

  it.each(writes)("begins again when %s is refused", async (operation) => {
    const name = freshName();
    if (operation !== "CreateSecret") await publisher.publish(name, publishedToken(1));
    await host.setFaults([{ service: "secretsmanager", operation, error: "InvalidRequestException", times: 2 }]);
    expect(await publisher.publish(name, publishedToken(2))).toBe(2);
    expect(await current(name)).toEqual(publishedToken(2));
  });

  it("gives up after a while, with the last refusal", async () => {
    const name = freshName();
    await publisher.publish(name, publishedToken(1));
    await host.setFaults([
      { service: "secretsmanager", operation: "PutSecretValue", error: "AccessDeniedException", times: 100 },
    ]);
    const patient = publisherOver(host.secretsManager, { fraction: () => 0 });
    await expect(patient.publish(name, publishedToken(2))).rejects.toMatchObject({ name: "AccessDeniedException" });
    expect(await current(name)).toEqual(publishedToken(1));
  });

  it("does not go on where the current value cannot be read", async () => {
    const name = freshName();
    await host.setFaults([
      { service: "secretsmanager", operation: "GetSecretValue", error: "AccessDeniedException", times: 100 },
    ]);
    const publish = () => publisher.publish(name, publishedToken(1)).catch((error: unknown) => error);
    expect(await host.countRequests(publish)).toEqual({ "secretsmanager.GetSecretValue": 1 });
  });
});

describe("many workers", () => {
  const fault: fc.Arbitrary<Fault> = fc
    .record({
      service: fc.constant("secretsmanager"),
      operation: fc.constantFrom("CreateSecret", "PutSecretValue", "UpdateSecretVersionStage", "*"),
      // Cut off after it was done, failed for good, or failed so that the SDK tries again.
      ending: fc.constantFrom(
        { after: true },
        { error: "InvalidRequestException" },
        { error: "InternalServiceError", status: 500 },
      ),
      times: fc.integer({ min: 1, max: 4 }),
      delay_milliseconds: fc.constantFrom(0, 0, 5, 20),
    })
    .map(({ ending, ...others }) => ({ ...others, ...ending }));
  const generations = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 10 });

  it("always end on the newest generation, and nobody ever sees an older one after a newer one", async () => {
    await fc.assert(
      fc.asyncProperty(generations, fc.array(fault, { maxLength: 8 }), async (order, faults) => {
        const name = freshName();
        let isOver = false;
        const seen = watch(name, () => isOver);
        await host.setFaults(faults);
        await Promise.all(order.map((generation) => publishUntilDone(name, generation)));
        await host.setFaults([]);
        isOver = true;
        const newest = Math.max(...order);
        expect(await current(name)).toEqual(publishedToken(newest));
        const observed = await seen;
        expect(observed).toEqual([...observed].sort((left, right) => left - right));
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  /** As a sweep does it: what failed stays owed and is repeated. */
  async function publishUntilDone(name: string, generation: number): Promise<void> {
    for (let time = 0; time < 20; time++) {
      const published = await publisher.publish(name, publishedToken(generation)).catch(() => undefined);
      if (published === undefined) continue;
      expect(published).toBeGreaterThanOrEqual(generation);
      return;
    }
    throw new Error(`Generation ${generation} was never published.`);
  }

  /** @returns the generations that a consumer has seen, in order */
  async function watch(name: string, isOver: () => boolean): Promise<readonly number[]> {
    const seen: number[] = [];
    while (!isOver()) {
      const value = await current(name).catch(() => undefined);
      if (value !== undefined) seen.push((value as { readonly generation: number }).generation);
    }
    return seen;
  }
});
