import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");

/** Where the bundles are: one directory for each function, which is what is deployed. */
const directory = join(root, "dist", "functions");

/** Every file of `functions/` is one function. */
const names = readdirSync(join(root, "functions")).map((file) => basename(file, ".ts"));

const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
  outdir: directory,
  outExtension: { ".js": ".mjs" },
  write: false,
  metafile: true,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // What is written for `require` would be half as large again, and does not start as an ES module.
  mainFields: ["module", "main"],
  alias: { "@aws-sdk/credential-provider-node": join(root, "shared", "aws", "environment-credentials.ts") },
  logLevel: "warning",
});

/** What the bundles were made of, relative to the root. */
export const inputs: readonly string[] = Object.keys(metafile.inputs);

mkdirSync(directory, { recursive: true });
for (const name of readdirSync(directory)) {
  if (!names.includes(name)) rmSync(join(directory, name), { recursive: true });
}
// What has not changed is left as it is: somebody may be reading it.
for (const { path, contents } of outputFiles) {
  if (existsSync(path) && readFileSync(path).equals(contents)) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
