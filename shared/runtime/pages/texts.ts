import { english } from "./english.ts";
import type { Language } from "./language.ts";
import type { Sign } from "./look.ts";
import { portuguese } from "./portuguese.ts";

/** What a page says. `{provider}` is filled in with what a person calls it. */
export type PageText = {
  readonly title: string;
  /** What has happened. */
  readonly text: string;
  /** What happens now, or what there is to do. */
  readonly next: string;
};

/** What all pages of a language have in common. */
export type FrameText = {
  readonly signs: Readonly<Record<Sign, string>>;
  readonly next: string;
  readonly provider: string;
  readonly label: string;
  readonly account: string;
  readonly proceed: string;
  readonly lookAgain: string;
  readonly reference: string;
  readonly referenceUse: string;
};

/** Every page there is, by what it has to tell. */
export const pageSigns = {
  authorized: "done",
  declined: "note",
  under_way: "waiting",
  wrong_account: "stopped",
  code_rejected: "stopped",
  provider_unavailable: "stopped",
  revoked: "stopped",
  not_completed: "stopped",
  ticket_spent: "note",
  ticket_expired: "stopped",
  ticket_unknown: "stopped",
  too_many: "stopped",
  state_unknown: "stopped",
  state_expired: "stopped",
  other_browser: "stopped",
  malformed: "stopped",
  install: "note",
  install_declined: "note",
  result_unknown: "note",
  provider_unknown: "note",
  busy: "waiting",
  not_ready: "stopped",
  internal_error: "stopped",
} as const satisfies Readonly<Record<string, Sign>>;

export type PageKey = keyof typeof pageSigns;

export type LanguageTexts = {
  readonly frame: FrameText;
  readonly pages: Readonly<Record<PageKey, PageText>>;
};

/** Everything that a browser is told. */
export const texts: Readonly<Record<Language, LanguageTexts>> = { pt: portuguese, en: english };
