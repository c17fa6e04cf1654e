/**
 * What a stack has to know of the providers. The broker has a list of its own, with all that it knows of them: a test
 * compares the two.
 */
export const providers = {
  "rd-station": { hasClient: true, isAuthorizedInBrowser: true, isCentral: true, isPublished: true },
  "rd-station-crm": { hasClient: true, isAuthorizedInBrowser: true, isCentral: true, isPublished: true },
  itflex: { hasClient: false, isAuthorizedInBrowser: false, isCentral: false, isPublished: false },
} as const satisfies Readonly<Record<string, ProviderFacts>>;

type ProviderFacts = {
  /** Its token endpoint wants client credentials. */
  readonly hasClient: boolean;
  /** It has an authorization page, and so a callback that is registered there. */
  readonly isAuthorizedInBrowser: boolean;
  /** All its connections share one token endpoint, and so one breaker. */
  readonly isCentral: boolean;
  /** Its access tokens live long enough to be published by default. */
  readonly isPublished: boolean;
};

export type ProviderName = keyof typeof providers;

export const providerNames = Object.keys(providers) as readonly ProviderName[];
