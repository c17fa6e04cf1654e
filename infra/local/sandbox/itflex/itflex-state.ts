import type { GrantBook } from "../grants/grant-book.ts";
import type { ItflexSettings } from "./itflex-settings.ts";
import type { ItflexTokens } from "./itflex-tokens.ts";

/** What the endpoints of the fake iTFLEX work on. An integrator key is a grant of its customer. */
export type ItflexState = {
  readonly grants: GrantBook;
  readonly tokens: ItflexTokens;
  settings(): ItflexSettings;
  /** Epoch milliseconds. */
  now(): number;
};

/** iTFLEX knows no clients. */
export const noClient = "";
