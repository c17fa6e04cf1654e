import type { AuthorizationState } from "../authorization/authorization-state.ts";
import type { AccessTokenBook } from "./access-token-book.ts";
import type { CrmSettings } from "./crm-settings.ts";

/** What the endpoints of the fake RD Station CRM work on. */
export type CrmState = Omit<AuthorizationState, "settings"> & {
  readonly accessTokens: AccessTokenBook;
  settings(): CrmSettings;
};
