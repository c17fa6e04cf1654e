import * as v from "valibot";
import { hexDigest } from "../broker/digest.ts";
import { BrokerError } from "../broker/error.ts";
import type { Clock, Publisher, Random } from "../broker/ports.ts";
import type { PublishedSecret } from "../broker/published-secret.ts";

/** A value and the token that makes it a version: the same value is the same version, however often it is put. */
export type SecretVersion = { readonly text: string; readonly token: string };

/** The versions of secrets, as far as publishing needs them. Each call is one request. */
export interface SecretVersions {
  /** @returns what consumers read now; undefined where there is no such secret, or nothing current in it */
  readCurrent(
    name: string,
  ): Promise<{ readonly versionId: string | undefined; readonly text: string | undefined } | undefined>;
  /** Creates the secret with its first version, current at once. @throws where the secret exists */
  create(name: string, version: SecretVersion): Promise<void>;
  /** Adds a version that nobody reads yet. @returns its id @throws where there is no such secret */
  putPending(name: string, version: SecretVersion): Promise<string | undefined>;
  /** Moves the label of what is current, where it still is where it was. @throws where it is not */
  moveCurrent(
    name: string,
    input: { readonly from: string | undefined; readonly to: string | undefined },
  ): Promise<void>;
}

const publishedValue = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ generation: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
);

/** How often a publish begins again, and for how long: what it does not get done stays owed. */
const rounds = 8;
const longest = 5_000;
const longestPause = 500;

/**
 * Publishes by compare and swap: writing a secret has no condition, but moving a label between versions has one.
 *
 * (1) Read what is current; if its generation is not below mine, done. (2) Put my value as pending. (3) Move the label
 * from the version read in (1) to mine. On any refusal back to (1). Where nothing was found, it is created first, and
 * where there is nothing to move the label from, it is moved without.
 *
 * A secret under our prefix is ours: a value without a generation (a placeholder, or an edit by hand) is replaced, and
 * stays behind as AWSPREVIOUS.
 */
export function versionedPublisher(options: {
  readonly versions: SecretVersions;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
}): Publisher {
  const { versions, clock, random } = options;
  return {
    async publish(name, value) {
      const version = versionOf(value);
      const giveUpAt = clock.now() + longest;
      let failure: unknown;
      let hasTriedToCreate = false;
      for (let round = 1; ; round++) {
        const current = await versions.readCurrent(name);
        const generation = generationOf(current?.text);
        if (current !== undefined && generation >= value.generation) return generation;
        if (round > rounds || clock.now() > giveUpAt) throw failure ?? unsettled(name);
        try {
          if (current === undefined && !hasTriedToCreate) {
            hasTriedToCreate = true;
            await versions.create(name, version);
          } else {
            hasTriedToCreate = false;
            const pending = await versions.putPending(name, version);
            await versions.moveCurrent(name, { from: current?.versionId, to: pending });
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

function versionOf(value: PublishedSecret): SecretVersion {
  const text = JSON.stringify(value);
  const generation = String(value.generation).padStart(10, "0");
  return { text, token: `g${generation}-${hexDigest(text).slice(0, 32)}` };
}

function generationOf(text: string | undefined): number {
  const parsed = v.safeParse(publishedValue, text);
  return parsed.success ? parsed.output.generation : -1;
}

function unsettled(name: string): BrokerError {
  return new BrokerError("internal_error", `The secret ${name} never stood still. Publishing it has to be repeated.`);
}
