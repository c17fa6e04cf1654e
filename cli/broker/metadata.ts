import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import type { connectionMetadata } from "../../shared/runtime/connection-metadata.ts";

/** A connection as the HTTP API shows it. */
export type Metadata = Omit<ReturnType<typeof connectionMetadata>, "status"> & {
  readonly status: Exclude<ReturnType<typeof connectionMetadata>["status"], "unconnected">;
};

/** `{provider}/{account}`. */
export function idOf({ provider, account }: Pick<Metadata, "provider" | "account">): ConnectionId {
  return `${provider}/${account}`;
}
