import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Makes the functions' bundles, as a deployment does before it synthesizes the stack. */
export default function bundleFunctions(): void {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  execFileSync(process.execPath, ["--import", "tsx", "infra/bundle-functions.ts"], { cwd, stdio: "inherit" });
}
