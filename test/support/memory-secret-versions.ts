import type { SecretVersion, SecretVersions } from "../../shared/aws/versioned-publisher.ts";
import type { PublishedSecret } from "../../shared/broker/published-secret.ts";

type Secret = { readonly current: string | undefined; readonly versions: ReadonlyMap<string, string> };

export type MemorySecretVersions = SecretVersions & {
  readonly secrets: ReadonlyMap<string, Secret>;
  /** What consumers read. */
  read(name: string): PublishedSecret | undefined;
};

/** Secrets in memory, with versions and their label. A version's id is the token it was put with. */
export function memorySecretVersions(from?: MemorySecretVersions): MemorySecretVersions {
  const secrets = new Map(from?.secrets);
  const find = (name: string): Secret => {
    const secret = secrets.get(name);
    if (secret === undefined) throw new Error(`There is no secret ${name}.`);
    return secret;
  };
  const put = (name: string, { versions, current }: Secret, { text, token }: SecretVersion) => {
    if ((versions.get(token) ?? text) !== text) throw new Error(`${token} stands for another value.`);
    secrets.set(name, { current, versions: new Map([...versions, [token, text]]) });
  };
  return {
    secrets,
    read(name) {
      const { current, versions } = secrets.get(name) ?? {};
      const text = versions?.get(current ?? "");
      return text === undefined ? undefined : (JSON.parse(text) as PublishedSecret);
    },
    async readCurrent(name) {
      const { current, versions } = secrets.get(name) ?? {};
      if (versions === undefined || current === undefined) return undefined;
      return { versionId: current, text: versions.get(current) };
    },
    async create(name, version) {
      if (secrets.has(name)) throw new Error(`There is a secret ${name} already.`);
      put(name, { current: version.token, versions: new Map() }, version);
    },
    async putPending(name, version) {
      put(name, find(name), version);
      return version.token;
    },
    async moveCurrent(name, { from: expected, to }) {
      const secret = find(name);
      if (secret.current !== expected || to === undefined || !secret.versions.has(to)) {
        throw new Error(`The label of ${name} is not where it was.`);
      }
      secrets.set(name, { ...secret, current: to });
    },
  };
}
