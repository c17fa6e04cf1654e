import * as v from "valibot";
import {
  authorizationSettingEntries,
  commonSettingEntries,
  defaultAuthorizationSettings,
  defaultCommonSettings,
} from "../state/common-settings.ts";
import type { SettingsOf } from "../state/settings.ts";

/** The switches of RD Station CRM: its errors are inferred from its gateway's. */
export const crmSettingEntries = {
  ...commonSettingEntries,
  ...authorizationSettingEntries,
  /** Life of a refresh token that is not used. */
  refresh_token_seconds: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(31_536_000))),
  /** Whether a refresh ends the access token that came with the old refresh token. */
  old_access_token: v.exactOptional(v.picklist(["dies", "lives"])),
  /** How a dead code or refresh token is called: by Kong, or by RFC 6749. */
  dead_error: v.exactOptional(v.picklist(["invalid_request", "invalid_grant"])),
  dead_status: v.exactOptional(v.picklist([400, 401])),
  /** How the API refuses an access token: as the gateway does, or in the API's own form. */
  resource_unauthorized: v.exactOptional(v.picklist(["gateway", "errors"])),
};

export type CrmSettings = SettingsOf<typeof crmSettingEntries>;

/** @returns the settings of a sandbox nobody has touched. `tokenSeconds`: life of its access tokens. */
export function defaultCrmSettings(tokenSeconds: number): CrmSettings {
  return {
    ...defaultCommonSettings(tokenSeconds),
    ...defaultAuthorizationSettings,
    rotation: "new-old-dies",
    codeSeconds: 300,
    decline: "redirect",
    refreshTokenSeconds: 1_209_600,
    oldAccessToken: "dies",
    deadError: "invalid_request",
    deadStatus: 400,
    resourceUnauthorized: "gateway",
  };
}
