import { readFileSync } from "node:fs";

/** A candidate, before it is loaded. */
export type CandidateName = {
  /** Its file in `candidates/`. */
  readonly name: string;
  /** As a reader knows it. */
  readonly title: string;
  /** What of `bench/package.json` it is made of. */
  readonly packages: readonly string[];
  /** False for what asks the store each time. */
  readonly isCache: boolean;
  /** False where the secret stands in the code. */
  readonly readsAny: boolean;
  /** True where its package calls `require`. */
  readonly isCommonJs: boolean;
};

const usual = { packages: [], isCache: true, readsAny: true, isCommonJs: false };

export const ours: CandidateName = { ...usual, name: "chaveiro", title: "chaveiro `getAccessToken`" };

/** What a Lambda does without any of them. */
export const bareSdk: CandidateName = {
  ...usual,
  name: "bare-sdk",
  title: "`GetSecretValue` each time",
  packages: ["@aws-sdk/client-secrets-manager"],
  isCache: false,
};

export const powertools: CandidateName = {
  ...usual,
  name: "powertools",
  title: "Powertools `getSecret`, `maxAge`",
  packages: ["@aws-lambda-powertools/parameters"],
};

export const peers: readonly CandidateName[] = [
  powertools,
  {
    ...usual,
    name: "middy",
    title: "`@middy/secrets-manager`",
    packages: ["@middy/core", "@middy/secrets-manager"],
    readsAny: false,
  },
  { ...usual, name: "lru-cache", title: "`lru-cache`, by hand", packages: ["lru-cache"] },
  {
    ...usual,
    name: "google-auth-library",
    title: "`google-auth-library`",
    packages: ["google-auth-library"],
    isCommonJs: true,
  },
];

/** The versions of all peers, as the bench installs them. */
export function peerVersions(): Readonly<Record<string, string>> {
  const { devDependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return devDependencies;
}
