import * as v from "valibot";
import {
  authorizationSettingEntries,
  commonSettingEntries,
  defaultAuthorizationSettings,
  defaultCommonSettings,
} from "../state/common-settings.ts";
import type { SettingsOf } from "../state/settings.ts";

/** The switches of RD Station Marketing: where its documentation contradicts itself or is silent. */
export const rdStationSettingEntries = {
  ...commonSettingEntries,
  ...authorizationSettingEntries,
  /** Two access tokens of one grant issued within a second are the same string. */
  equal_tokens: v.exactOptional(v.boolean()),
  /** `documented`: each error as the reference shows it; the rest: every error in that shape. */
  envelope: v.exactOptional(v.picklist(["documented", "object", "array", "flat", "bare-array"])),
  /** How the API refuses an access token: today's gateway, or the one before it, with either header name. */
  resource_unauthorized: v.exactOptional(v.picklist(["current", "legacy", "legacy-remapped"])),
  /** Whether `/auth/revoke` wants a live Bearer; the reference and the official client disagree. */
  revoke_bearer: v.exactOptional(v.picklist(["required", "optional"])),
};

export type RdStationSettings = SettingsOf<typeof rdStationSettingEntries>;

/** @returns the settings of a sandbox nobody has touched. `tokenSeconds`: life of its access tokens. */
export function defaultRdStationSettings(tokenSeconds: number): RdStationSettings {
  return {
    ...defaultCommonSettings(tokenSeconds),
    ...defaultAuthorizationSettings,
    equalTokens: false,
    envelope: "documented",
    resourceUnauthorized: "current",
    revokeBearer: "required",
  };
}
