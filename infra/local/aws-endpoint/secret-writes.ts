import { secretsManagerError } from "./aws-error.ts";
import type { AwsOperation, JsonObject } from "./aws-service.ts";
import { flag, integer, requiredText, text, texts } from "./request-members.ts";
import type { Secret } from "./secret.ts";
import { newSecretArn, newSecretName, requestedSecretId } from "./secret-names.ts";
import {
  mergedTags,
  refuseMembers,
  requestedKmsKeyId,
  requestedLiveSecret,
  requestedSecret,
  requestedTags,
  requestedVersionId,
} from "./secret-requests.ts";
import type { SecretStore } from "./secret-store.ts";
import { requestedValue, type SecretValue, type SecretVault, sameValue } from "./secret-values.ts";
import { labelsAfterMove, labelsAfterPut, labelsOf, versionsToKeep } from "./secret-versions.ts";

const day = 86_400_000;

/** Makes the operations that change secrets. `now`: epoch milliseconds. */
export function createSecretWrites(options: {
  readonly store: SecretStore;
  readonly vault: SecretVault;
  readonly now: () => number;
}): Readonly<Record<string, AwsOperation>> {
  const { store, vault, now } = options;

  const withVersion = (secret: Secret, id: string, value: SecretValue, stages: readonly string[]): Secret => {
    const version = { id, createdAt: now(), member: value.member, sealed: vault.seal(secret, id, value) };
    const labels = labelsAfterPut(secret.labels, id, stages, secret.versions.length === 0);
    if (Object.keys(labels).length > 20)
      throw secretsManagerError("LimitExceededException", "A secret can have at most 20 staging labels: remove some.");
    return { ...secret, changedAt: now(), versions: versionsToKeep([...secret.versions, version], labels), labels };
  };
  /** Tells whether the token's version is there with this value; throws where it is there with another. */
  const alreadyStored = (secret: Secret, id: string, value: SecretValue | undefined): boolean => {
    const version = secret.versions.find((candidate) => candidate.id === id);
    if (version === undefined) return false;
    if (value !== undefined && sameValue(vault.unseal(secret, version), value)) return true;
    throw versionExists(secret, id);
  };

  return {
    CreateSecret: (input, { region }) => {
      refuseMembers(input, ["AddReplicaRegions", "Type"]);
      const name = newSecretName(input);
      const value = requestedValue(input);
      const id = value === undefined ? undefined : requestedVersionId(input);
      const existing = store.find(name);
      if (existing?.deletion !== undefined)
        throw secretsManagerError(
          "InvalidRequestException",
          "You can't create this secret because a secret with this name is already scheduled for deletion.",
        );
      if (existing !== undefined) {
        if (id !== undefined && alreadyStored(existing, id, value)) return { ...identity(existing), VersionId: id };
        throw secretsManagerError(
          "ResourceExistsException",
          `The operation failed because the secret ${name} already exists.`,
        );
      }
      const empty: Secret = {
        arn: newSecretArn(name, region),
        name,
        description: text(input, "Description", { max: 2048 }),
        kmsKeyId: requestedKmsKeyId(input),
        tags: mergedTags([], requestedTags(input)),
        createdAt: now(),
        changedAt: now(),
        versions: [],
        labels: {},
      };
      store.save(id === undefined || value === undefined ? empty : withVersion(empty, id, value, ["AWSCURRENT"]));
      return { ...identity(empty), VersionId: id };
    },
    PutSecretValue: (input) => {
      const secret = requestedLiveSecret(store, input);
      const value = requestedValue(input);
      const id = requestedVersionId(input);
      const stages = texts(input, "VersionStages", { min: 1, max: 20 }) ?? ["AWSCURRENT"];
      if (value === undefined)
        throw secretsManagerError("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
      if (alreadyStored(secret, id, value)) return putAnswer(secret, id);
      const changed = withVersion(secret, id, value, stages);
      store.save(changed);
      return putAnswer(changed, id);
    },
    UpdateSecret: (input) => {
      refuseMembers(input, ["Type"]);
      const secret = requestedLiveSecret(store, input);
      const value = requestedValue(input);
      const description = text(input, "Description", { max: 2048 }) ?? secret.description;
      const rekeyed = input["KmsKeyId"] == null ? secret : withKey(vault, secret, requestedKmsKeyId(input));
      const updated = { ...rekeyed, description, changedAt: now() };
      if (value === undefined) {
        store.save(updated);
        return identity(secret);
      }
      const id = requestedVersionId(input);
      // Unlike PutSecretValue, UpdateSecret refuses the id of an existing version even with the same value.
      if (secret.versions.some((version) => version.id === id)) throw versionExists(secret, id);
      store.save(withVersion(updated, id, value, ["AWSCURRENT"]));
      return { ...identity(secret), VersionId: id };
    },
    UpdateSecretVersionStage: (input) => {
      const secret = requestedLiveSecret(store, input);
      const label = requiredText(input, "VersionStage", { min: 1, max: 256 });
      const from = text(input, "RemoveFromVersionId", { min: 32, max: 64 });
      const to = text(input, "MoveToVersionId", { min: 32, max: 64 });
      if (to !== undefined && !secret.versions.some((version) => version.id === to))
        throw secretsManagerError(
          "ResourceNotFoundException",
          `Secrets Manager can't find the specified secret value for VersionId: ${to}`,
        );
      const move = labelsAfterMove(secret.labels, { label, from, to });
      if ("refusal" in move) throw secretsManagerError("InvalidParameterException", move.refusal);
      if (move.labels !== secret.labels) store.save({ ...secret, labels: move.labels, changedAt: now() });
      return identity(secret);
    },
    TagResource: (input) => {
      const secret = requestedLiveSecret(store, input);
      store.save({ ...secret, tags: mergedTags(secret.tags, requestedTags(input)), changedAt: now() });
      return {};
    },
    UntagResource: (input) => {
      const secret = requestedLiveSecret(store, input);
      const keys = texts(input, "TagKeys") ?? [];
      store.save({ ...secret, tags: secret.tags.filter((tag) => !keys.includes(tag.Key)), changedAt: now() });
      return {};
    },
    DeleteSecret: (input, { region }) => {
      const force = flag(input, "ForceDeleteWithoutRecovery") ?? false;
      const window = integer(input, "RecoveryWindowInDays");
      if (force && window !== undefined)
        throw secretsManagerError(
          "InvalidParameterException",
          "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        );
      if (window !== undefined && (window < 7 || window > 30))
        throw secretsManagerError(
          "InvalidParameterException",
          "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        );
      if (force) {
        const name = requestedSecretId(input);
        const secret = store.find(name);
        if (secret !== undefined) store.remove(secret);
        return { ...identity(secret ?? { arn: newSecretArn(name, region), name }), DeletionDate: now() / 1000 };
      }
      const secret = requestedSecret(store, input);
      if (secret.deletion !== undefined)
        throw secretsManagerError(
          "InvalidRequestException",
          "You tried to perform the operation on a secret that's currently marked deleted.",
        );
      const scheduledFor = now() + (window ?? 30) * day;
      store.save({ ...secret, deletion: { requestedAt: now(), scheduledFor }, changedAt: now() });
      return { ...identity(secret), DeletionDate: scheduledFor / 1000 };
    },
    RestoreSecret: (input) => {
      const secret = requestedSecret(store, input);
      store.save({ ...secret, deletion: undefined, changedAt: now() });
      return identity(secret);
    },
  };
}

function identity({ arn, name }: Pick<Secret, "arn" | "name">): JsonObject {
  return { ARN: arn, Name: name };
}

function putAnswer(secret: Secret, id: string): JsonObject {
  const stages = labelsOf(secret.labels, id);
  return { ...identity(secret), VersionId: id, VersionStages: stages.length > 0 ? stages : undefined };
}

function versionExists(secret: Secret, id: string): Error {
  return secretsManagerError(
    "ResourceExistsException",
    `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
  );
}

/** Changes the key of a secret and encrypts the versions in use again with it. */
function withKey(vault: SecretVault, secret: Secret, kmsKeyId: string | undefined): Secret {
  const { AWSCURRENT, AWSPENDING, AWSPREVIOUS } = secret.labels;
  const rekeyed = { ...secret, kmsKeyId };
  const versions = secret.versions.map((version) =>
    [AWSCURRENT, AWSPENDING, AWSPREVIOUS].includes(version.id)
      ? { ...version, sealed: vault.seal(rekeyed, version.id, vault.unseal(secret, version)) }
      : version,
  );
  return { ...rekeyed, versions };
}
