import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { CandidateName } from "./candidate-list.ts";

/** A candidate as it is deployed. */
export type BuiltCandidate = {
  readonly candidate: CandidateName;
  readonly file: string;
  /** Without the AWS SDK, which Lambda has. */
  readonly bundleBytes: number;
};

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Bundles a candidate as a Lambda that needs nothing else: one minified file besides the AWS SDK. */
export async function buildCandidate(candidate: CandidateName): Promise<BuiltCandidate> {
  const { name, isCommonJs } = candidate;
  const require = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);';
  const banner = isCommonJs ? { banner: { js: require } } : {};
  const file = await bundle(`candidates/${name}.ts`, `${name}.mjs`, banner);
  return { candidate, file, bundleBytes: statSync(file).size };
}

/** @returns the file of the program that loads a candidate; it is not run through tsx, which wraps functions */
export async function buildSubject(): Promise<string> {
  return bundle("subject.ts", "subject.mjs", {});
}

async function bundle(from: string, to: string, extra: { readonly banner?: { readonly js: string } }): Promise<string> {
  const outfile = path(`../dist/consumer/${to}`);
  await build({
    entryPoints: [path(from)],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    external: ["@aws-sdk/*"],
    legalComments: "none",
    logLevel: "error",
    ...extra,
  });
  return outfile;
}
