import type { HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";

export type SandboxEnv = { Bindings: HttpBindings };

/** One fake provider. Another one is another folder that returns this. */
export type SandboxProvider = {
  /** Mounted at `/{name}`, its control routes at `/_sandbox/{name}`. */
  readonly name: string;
  readonly routes: Hono<SandboxEnv>;
  readonly control: Hono<SandboxEnv>;
  /** Below the mount point: where a person's browser arrives from elsewhere. Only its own page may submit its form. */
  readonly dialogPath: string | undefined;
  /** Ends waiting answers and closes files. */
  close(): void;
};
