import type { GrantBook } from "../grants/grant-book.ts";
import type { ClientRegistration } from "../state/registered-client.ts";
import type { AccessTokens } from "./access-token.ts";
import type { RdStationSettings } from "./rd-station-settings.ts";

/** What the endpoints of the fake RD Station work on. */
export type RdStationState = {
  readonly grants: GrantBook;
  readonly client: ClientRegistration;
  readonly accessTokens: AccessTokens;
  readonly appName: string;
  settings(): RdStationSettings;
  /** Epoch milliseconds. */
  now(): number;
};
