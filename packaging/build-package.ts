import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Format, type Metafile } from "esbuild";
import { declarationsOf } from "./declarations.ts";
import { thirdPartyNotices } from "./third-party-notices.ts";

/* `npm run build`: writes dist/, which is what the package consists of beside its README and licence. */

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** What an import of the package, or of a part of it, gives. */
const libraries = [
  { name: "consumer", entry: "shared/consumer/index.ts" },
  { name: "cdk", entry: "infra/token-broker.ts" },
] as const;

const bundled = new Set<string>();
const note = ({ metafile }: { readonly metafile: Metafile }) => {
  for (const input of Object.keys(metafile.inputs)) bundled.add(input);
};

for (const { name, entry } of libraries) {
  rmSync(join(dist, name), { recursive: true, force: true });
  const declarations = declarationsOf(entry);
  for (const format of ["esm", "cjs"] as const) {
    const directory = join(dist, name, format);
    await bundle(entry, directory, format);
    for (const [path, text] of declarations) write(join(directory, path), text);
    // Which of the two a `.js` file is, and what its declarations are read as, is decided by the nearest of these.
    write(join(directory, "package.json"), `${JSON.stringify({ type: format === "esm" ? "module" : "commonjs" })}\n`);
  }
}

await bundleCommand("cli/chaveiro.ts", join(dist, "command"));
// The functions that `chaveiro/cdk` deploys.
const { inputs } = await import("../infra/bundle-functions.ts");
write(join(dist, "THIRD-PARTY-NOTICES.txt"), thirdPartyNotices(root, [...bundled, ...inputs]));

/** With all that it uses, since nothing is installed with the package. What only some commands need is loaded by those. */
async function bundleCommand(entry: string, directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  const made = await build({
    absWorkingDir: root,
    metafile: true,
    entryPoints: [entry],
    outdir: directory,
    bundle: true,
    minify: true,
    format: "esm",
    splitting: true,
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    // commander is CommonJS, and asks for modules of Node by `require`.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    legalComments: "inline",
    logLevel: "warning",
  });
  note(made);
}

/** Not minified: whoever bundles it does that, and whoever reviews it reads it. */
async function bundle(entry: string, directory: string, format: Format): Promise<void> {
  const made = await build({
    absWorkingDir: root,
    metafile: true,
    entryPoints: [entry],
    outdir: directory,
    entryNames: "index",
    chunkNames: "[name]",
    bundle: true,
    format,
    splitting: format === "esm",
    platform: "node",
    target: "node20",
    // On Lambda the SDK of the runtime is found by `require` alone where a function is CommonJS.
    supported: { "dynamic-import": format === "esm" },
    external: ["@aws-sdk/*", "aws-cdk-lib", "constructs"],
    ...(format === "cjs" ? { define: { "import.meta.dirname": "__dirname" } } : {}),
    legalComments: "inline",
    logLevel: "warning",
  });
  note(made);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
