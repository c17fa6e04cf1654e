import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Where a function's bundle is: in `dist/functions` of the package that this file is in, be that the repository or what was
 * installed from a registry.
 *
 * @throws Error where there is none: run `npm run bundle`
 */
export function bundleDirectory(name: string): string {
  const directory = join(packageRoot(import.meta.dirname), "dist", "functions", name);
  if (existsSync(join(directory, "index.mjs"))) return directory;
  throw new Error(`The function ${name} has no bundle in ${directory}. Run \`npm run bundle\` in the repository.`);
}

function packageRoot(directory: string): string {
  if (existsSync(join(directory, "package.json")) || dirname(directory) === directory) return directory;
  return packageRoot(dirname(directory));
}
