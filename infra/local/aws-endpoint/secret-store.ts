import { openJournal } from "./journal.ts";
import type { Secret, SecretVersion } from "./secret.ts";
import { nameInPartialArn } from "./secret-names.ts";

export type SecretStore = {
  /** Finds by name, ARN or ARN without suffix; secrets scheduled for deletion are found until their day. */
  readonly find: (secretId: string) => Secret | undefined;
  /** All secrets, in the order in which they were made. */
  readonly all: () => readonly Secret[];
  /** Puts a secret in the place of the one with its ARN. On return it survives the death of the process. */
  readonly save: (secret: Secret) => void;
  readonly remove: (secret: Secret) => void;
  readonly close: () => void;
};

type SecretRecord =
  | {
      readonly secret: Omit<Secret, "versions">;
      /** New and changed versions. */
      readonly versions: readonly SecretVersion[];
      /** Ids of versions that are gone. */
      readonly dropped: readonly string[];
    }
  | { readonly removed: string };

/**
 * Opens the secrets. Values come in and go out encrypted; only names, tags and labels are in the clear in the file.
 *
 * @param options.path undefined keeps them in memory.
 * @param options.now epoch milliseconds; a secret past its deletion date is not found any more.
 */
export function openSecretStore(options: {
  readonly path: string | undefined;
  readonly now: () => number;
}): SecretStore {
  const byArn = new Map<string, Secret>();
  const arns = new Map<string, string>();

  const take = (record: SecretRecord): void => {
    if ("removed" in record) {
      const removed = byArn.get(record.removed);
      byArn.delete(record.removed);
      if (removed !== undefined) arns.delete(removed.name);
      return;
    }
    const { secret, dropped } = record;
    const versions = new Map((byArn.get(secret.arn)?.versions ?? []).map((version) => [version.id, version]));
    for (const version of record.versions) versions.set(version.id, version);
    for (const id of dropped) versions.delete(id);
    byArn.set(secret.arn, { ...secret, versions: [...versions.values()] });
    arns.set(secret.name, secret.arn);
  };
  const journal = openJournal<SecretRecord>({
    path: options.path,
    replay: take,
    snapshot: function* () {
      for (const { versions, ...secret } of byArn.values()) yield { secret, versions, dropped: [] };
    },
  });
  const record = (entry: SecretRecord): void => {
    journal.append(entry);
    take(entry);
  };
  const alive = (secret: Secret | undefined): Secret | undefined => {
    if (secret?.deletion === undefined || options.now() < secret.deletion.scheduledFor) return secret;
    record({ removed: secret.arn });
    return undefined;
  };

  return {
    find: (secretId) => {
      const name = secretId.startsWith("arn:") ? nameInPartialArn(secretId) : secretId;
      return alive(byArn.get(name === undefined ? secretId : (arns.get(name) ?? "")));
    },
    all: () => [...byArn.values()].flatMap((secret) => alive(secret) ?? []),
    save: ({ versions, ...secret }) => {
      const before = byArn.get(secret.arn)?.versions ?? [];
      const kept = new Set(versions.map((version) => version.id));
      record({
        secret,
        versions: versions.filter((version) => !before.includes(version)),
        dropped: before.map((version) => version.id).filter((id) => !kept.has(id)),
      });
    },
    remove: (secret) => record({ removed: secret.arn }),
    close: journal.close,
  };
}
