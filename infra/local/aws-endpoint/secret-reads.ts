import { AwsError, secretsManagerError } from "./aws-error.ts";
import type { AwsOperation, JsonObject } from "./aws-service.ts";
import { flag, text, texts } from "./request-members.ts";
import type { Secret, SecretVersion } from "./secret.ts";
import { filterKeys, passesFilters } from "./secret-filters.ts";
import { page, requestedFilters, requestedLiveSecret, requestedSecret } from "./secret-requests.ts";
import type { SecretStore } from "./secret-store.ts";
import type { SecretVault } from "./secret-values.ts";
import { labelsOf, versionWith } from "./secret-versions.ts";

const day = 86_400_000;

/** Makes the operations that read secrets. `now`: epoch milliseconds. */
export function createSecretReads(options: {
  readonly store: SecretStore;
  readonly vault: SecretVault;
  readonly now: () => number;
}): Readonly<Record<string, AwsOperation>> {
  const { store, vault, now } = options;

  const valueAnswer = (secret: Secret, version: SecretVersion): JsonObject => {
    const today = Math.floor(now() / day) * day;
    if (secret.accessedOn !== today || version.accessedOn !== today) {
      const versions = secret.versions.map((other) => (other === version ? { ...other, accessedOn: today } : other));
      store.save({ ...secret, accessedOn: today, versions });
    }
    const { member, bytes } = vault.unseal(secret, version);
    const stages = labelsOf(secret.labels, version.id);
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      [member]: bytes.toString(member === "SecretString" ? "utf8" : "base64"),
      VersionStages: stages.length > 0 ? stages : undefined,
      CreatedDate: version.createdAt / 1000,
    };
  };

  return {
    GetSecretValue: (input) => {
      const secret = requestedLiveSecret(store, input);
      return valueAnswer(secret, requestedVersion(secret, input));
    },
    BatchGetSecretValue: (input) => {
      const ids = texts(input, "SecretIdList", { min: 1, max: 20 });
      const filters = requestedFilters(input, filterKeys);
      if ((ids === undefined) === (filters.length === 0))
        throw secretsManagerError(
          "InvalidParameterException",
          "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
        );
      if (ids !== undefined && (input["MaxResults"] != null || input["NextToken"] != null))
        throw secretsManagerError("InvalidParameterException", "MaxResults and NextToken need 'Filters'.");
      const alive = store.all().filter((secret) => secret.deletion === undefined && passesFilters(secret, filters));
      const found = ids === undefined ? page(input, alive, 20) : { items: ids, NextToken: undefined };
      const results = found.items.map((item) => {
        const SecretId = typeof item === "string" ? item : item.arn;
        try {
          const secret = requestedLiveSecret(store, { SecretId });
          return { value: valueAnswer(secret, requestedVersion(secret, {})) };
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          return { error: { SecretId, ErrorCode: error.code, Message: error.body["Message"] } };
        }
      });
      return {
        SecretValues: results.flatMap(({ value }) => value ?? []),
        Errors: results.flatMap(({ error }) => error ?? []),
        NextToken: found.NextToken,
      };
    },
    DescribeSecret: (input) => {
      const secret = requestedSecret(store, input);
      const stages = stagesByVersion(secret);
      return {
        ...description(secret),
        DeletedDate: seconds(secret.deletion?.scheduledFor),
        VersionIdsToStages: Object.keys(stages).length > 0 ? stages : undefined,
      };
    },
    ListSecretVersionIds: (input) => {
      const secret = requestedSecret(store, input);
      const deprecated = flag(input, "IncludeDeprecated") ?? false;
      const listed = secret.versions.flatMap((version) => {
        const stages = labelsOf(secret.labels, version.id);
        if (stages.length === 0 && !deprecated) return [];
        return {
          VersionId: version.id,
          VersionStages: stages.length > 0 ? stages : undefined,
          CreatedDate: seconds(version.createdAt),
          LastAccessedDate: seconds(version.accessedOn),
          KmsKeyIds: [secret.kmsKeyId ?? "DefaultEncryptionKey"],
        };
      });
      const { items, NextToken } = page(input, listed, 100);
      return { ARN: secret.arn, Name: secret.name, Versions: items, NextToken };
    },
    ListSecrets: (input) => {
      const filters = requestedFilters(input, filterKeys);
      const planned = flag(input, "IncludePlannedDeletion") ?? false;
      const listed = store
        .all()
        .filter((secret) => (planned || secret.deletion === undefined) && passesFilters(secret, filters));
      const { items, NextToken } = page(input, sorted(listed, input), 100);
      const entries = items.map((secret) => ({
        ...description(secret),
        DeletedDate: seconds(secret.deletion?.requestedAt),
        SecretVersionsToStages: stagesByVersion(secret),
      }));
      return { SecretList: entries, NextToken };
    },
  };
}

function requestedVersion(secret: Secret, input: JsonObject): SecretVersion {
  const id = text(input, "VersionId", { min: 32, max: 64 });
  const stage = text(input, "VersionStage", { min: 1, max: 256 });
  const wanted = id ?? versionWith(secret.labels, stage ?? "AWSCURRENT");
  const version = secret.versions.find((candidate) => candidate.id === wanted);
  if (version === undefined) {
    const what = id === undefined ? `staging label: ${stage ?? "AWSCURRENT"}` : `VersionId: ${id}`;
    throw secretsManagerError(
      "ResourceNotFoundException",
      `Secrets Manager can't find the specified secret value for ${what}`,
    );
  }
  if (stage !== undefined && versionWith(secret.labels, stage) !== version.id)
    throw secretsManagerError(
      "InvalidRequestException",
      "You provided a VersionStage that is not associated to the provided VersionId.",
    );
  return version;
}

function stagesByVersion(secret: Secret): Readonly<Record<string, readonly string[]>> {
  const ids = new Set(Object.values(secret.labels));
  return Object.fromEntries([...ids].map((id) => [id, labelsOf(secret.labels, id)]));
}

function description(secret: Secret): JsonObject {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description === "" ? undefined : secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: seconds(secret.createdAt),
    LastChangedDate: seconds(secret.changedAt),
    LastAccessedDate: seconds(secret.accessedOn),
    Tags: secret.tags.length > 0 ? secret.tags : undefined,
  };
}

function sorted(secrets: readonly Secret[], input: JsonObject): readonly Secret[] {
  const by = text(input, "SortBy") ?? "created-date";
  const direction = text(input, "SortOrder") === "desc" ? -1 : 1;
  const position = (secret: Secret): number | string => {
    if (by === "name") return secret.name;
    if (by === "last-changed-date") return secret.changedAt;
    return by === "last-accessed-date" ? (secret.accessedOn ?? 0) : secret.createdAt;
  };
  return [...secrets].sort((a, b) => {
    const [left, right] = [position(a), position(b)];
    return left === right ? 0 : left < right ? -direction : direction;
  });
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}
