import type { GrantBook } from "../grants/grant-book.ts";
import type { ClientRegistration } from "../state/registered-client.ts";

/** What a dialog works on, whichever provider's it is. */
export type AuthorizationState = {
  readonly grants: GrantBook;
  readonly client: ClientRegistration;
  readonly appName: string;
  settings(): {
    readonly accounts: readonly string[];
    readonly decline: "page" | "redirect";
    readonly propagationSeconds: number;
  };
  /** Epoch milliseconds. */
  now(): number;
};

/** What a client asks the dialog for. */
export type AuthorizationRequest = { readonly redirectUri: string; readonly state: string | undefined };
