import * as v from "valibot";
import { commonSettingEntries, defaultCommonSettings } from "../state/common-settings.ts";
import type { SettingsOf } from "../state/settings.ts";

/** The switches of iTFLEX, where its documentation is silent or contradicts itself. */
export const itflexSettingEntries = {
  ...commonSettingEntries,
  /** Which path of the token endpoint there is: the text's, the SDK sample's, or both. */
  token_path: v.exactOptional(v.picklist(["both", "v1", "unversioned"])),
  /** How a key that is unknown or deleted is refused. */
  dead_error: v.exactOptional(v.picklist(["msg", "invalid_grant"])),
  dead_status: v.exactOptional(v.picklist([401, 400, 403])),
  /** What becomes of a key's access tokens when it is deleted. */
  access_after_deletion: v.exactOptional(v.picklist(["lives", "dies"])),
};

export type ItflexSettings = SettingsOf<typeof itflexSettingEntries>;

/** @returns the settings of a sandbox nobody has touched. `tokenSeconds`: life of its access tokens. */
export function defaultItflexSettings(tokenSeconds: number): ItflexSettings {
  return {
    ...defaultCommonSettings(tokenSeconds),
    tokenPath: "both",
    deadError: "msg",
    deadStatus: 401,
    accessAfterDeletion: "lives",
  };
}
