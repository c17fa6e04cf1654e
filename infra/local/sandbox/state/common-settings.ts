import * as v from "valibot";
import type { SettingsOf } from "./settings.ts";

const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));
const accountName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100));

/** What can be set at every provider, as the control API calls it. All optional: what is not given stays. */
export const commonSettingEntries = {
  /** What becomes of a refresh token when it is redeemed. */
  rotation: v.exactOptional(v.picklist(["same", "new-old-still-valid", "new-old-dies"])),
  /** With `new-old-dies`: how long a replaced refresh token can still be redeemed. */
  grace_seconds: v.exactOptional(whole(0, 86_400)),
  /** Presenting a replaced refresh token after its grace ends the whole grant. */
  family_revocation: v.exactOptional(v.boolean()),
  /** Life of access tokens issued from now on. */
  token_seconds: v.exactOptional(whole(1, 31_536_000)),
  /** Requests that the log keeps. */
  log_entries: v.exactOptional(whole(1, 2_000_000)),
};

/** What can be set at every provider that has a dialog. */
export const authorizationSettingEntries = {
  /** Life of authorization codes. */
  code_seconds: v.exactOptional(whole(1, 86_400)),
  /** What authorizing an account again means to the grant it has. */
  reauthorization: v.exactOptional(v.picklist(["separate", "same-grant", "replaces"])),
  /** How long a change of the registered callbacks takes. */
  propagation_seconds: v.exactOptional(whole(0, 86_400)),
  /** The accounts that the approval page offers. */
  accounts: v.exactOptional(v.pipe(v.array(accountName), v.minLength(1), v.maxLength(2000))),
  /** What a person who declines gets; no documentation says. */
  decline: v.exactOptional(v.picklist(["page", "redirect"])),
};

/** @returns the common settings of a sandbox nobody has touched. */
export function defaultCommonSettings(tokenSeconds: number): SettingsOf<typeof commonSettingEntries> {
  return {
    rotation: "same",
    graceSeconds: 0,
    familyRevocation: false,
    tokenSeconds,
    logEntries: 100_000,
  };
}

/** The dialog's, of a sandbox nobody has touched. */
export const defaultAuthorizationSettings: SettingsOf<typeof authorizationSettingEntries> = {
  codeSeconds: 3600,
  reauthorization: "separate",
  propagationSeconds: 3600,
  accounts: ["Padaria Estrela", "Acme Ltda", "Loja do Zé"],
  decline: "page",
};

export const accountNameSchema = accountName;
