import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import * as v from "valibot";
import { hexDigest } from "../broker/digest.ts";
import { BrokerError } from "../broker/error.ts";
import type { Clock, Publisher, Random } from "../broker/ports.ts";
import type { PublishedSecret } from "../broker/published-secret.ts";

const publishedValue = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ generation: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
);

/** How often a publish begins again, and for how long: what it does not get done stays owed. */
const rounds = 8;
const longest = 5_000;
const longestPause = 500;

/** What consumers read now. */
type Current = { readonly versionId: string | undefined; readonly generation: number };

/**
 * Publishes to Secrets Manager by compare and swap: a write there has no condition, but moving a staging label has one.
 *
 * (1) Read AWSCURRENT; if its generation is not below mine, done. (2) Put my value as AWSPENDING. (3) Move AWSCURRENT
 * from the version read in (1) to mine. On any refusal back to (1). Where nothing was found, it is created first, and
 * where there is nothing to move the label from, it is moved without.
 *
 * A secret under our prefix is ours: a value without a generation (a placeholder, or an edit by hand) is replaced, and
 * stays behind as AWSPREVIOUS.
 */
export function secretsManagerPublisher(options: {
  readonly client: SecretsManagerClient;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
}): Publisher {
  const { client, clock, random } = options;
  return {
    async publish(name, value) {
      const version = versionOf(value);
      const giveUpAt = clock.now() + longest;
      let failure: unknown;
      let hasTriedToCreate = false;
      for (let round = 1; ; round++) {
        const current = await readCurrent(client, name);
        if (current !== undefined && current.generation >= value.generation) return current.generation;
        if (round > rounds || clock.now() > giveUpAt) throw failure ?? unsettled(name);
        try {
          if (current === undefined && !hasTriedToCreate) {
            hasTriedToCreate = true;
            await client.send(new CreateSecretCommand({ Name: name, Description: description, ...version }));
          } else {
            hasTriedToCreate = false;
            await swap(client, name, version, current?.versionId);
            // The one success that counts: the label was still where (1) had found it, so nothing newer had come in
            // between, and from here on nothing older can. Reading again would prove less: a read may lag behind.
            return value.generation;
          }
        } catch (error) {
          // Not asked what it was: a refused write may be one that had succeeded. The value read next decides.
          failure = error;
          await clock.sleep(random.fraction() * Math.min(longestPause, 50 * 2 ** round));
        }
      }
    },
  };
}

const description =
  "The current access token of a connection. chaveiro writes it; see its documentation before you do.";

type Version = { readonly SecretString: string; readonly ClientRequestToken: string };

/** The same value is the same version, so that repeating a write changes nothing. */
function versionOf(value: PublishedSecret): Version {
  const text = JSON.stringify(value);
  const generation = String(value.generation).padStart(10, "0");
  return { SecretString: text, ClientRequestToken: `g${generation}-${hexDigest(text).slice(0, 32)}` };
}

/** @returns undefined where there is no such secret, or nothing current in it: the service does not tell which */
async function readCurrent(client: SecretsManagerClient, name: string): Promise<Current | undefined> {
  try {
    const input = { SecretId: name, VersionStage: "AWSCURRENT" };
    const { VersionId, SecretString } = await client.send(new GetSecretValueCommand(input));
    const parsed = v.safeParse(publishedValue, SecretString);
    return { versionId: VersionId, generation: parsed.success ? parsed.output.generation : -1 };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Makes a version current if `from` still is: undefined, if none is. */
async function swap(
  client: SecretsManagerClient,
  name: string,
  version: Version,
  from: string | undefined,
): Promise<void> {
  const put = { SecretId: name, VersionStages: ["AWSPENDING"], ...version };
  const { VersionId } = await client.send(new PutSecretValueCommand(put));
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: VersionId,
      RemoveFromVersionId: from,
    }),
  );
}

function unsettled(name: string): BrokerError {
  return new BrokerError("internal_error", `The secret ${name} never stood still. Publishing it has to be repeated.`);
}
