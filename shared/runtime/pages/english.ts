import type { LanguageTexts } from "./texts.ts";

export const english: LanguageTexts = {
  frame: {
    signs: { done: "All set", note: "Please note", stopped: "Not completed", waiting: "Please wait" },
    next: "What now?",
    provider: "Platform",
    label: "Account",
    account: "Identifier",
    proceed: "Continue",
    lookAgain: "See the result",
    reference: "Reference",
    referenceUse: "If you need help, give this reference.",
  },
  pages: {
    authorized: {
      title: "Account connected",
      text: "The connection to {provider} is ready. Your password was not shared with anyone.",
      next: "There is nothing else for you to do, and you can close this page. If you ever want to disconnect the account, talk to whoever sent you the link.",
    },
    declined: {
      title: "Authorization declined",
      text: "You did not allow access to the {provider} account. Nothing was connected and nothing has changed.",
      next: "If that is what you wanted, you can close this page. If you have changed your mind, open the link you were given once more.",
    },
    under_way: {
      title: "Connecting…",
      text: "The connection to {provider} is being completed. This usually takes a few seconds.",
      next: "Wait a moment, then see the result with the button below.",
    },
    wrong_account: {
      title: "Another account",
      text: "The {provider} account you authorized is not the one that was already connected. To be safe, nothing has changed.",
      next: "Open the link you were given once more and choose the right account. If you do mean to change accounts, ask whoever sent you this link for another one.",
    },
    code_rejected: {
      title: "Could not connect",
      text: "{provider} did not accept the authorization. The connection has not changed.",
      next: "Open the link you were given once more and authorize again. If this happens again, tell whoever sent you the link.",
    },
    provider_unavailable: {
      title: "{provider} did not answer",
      text: "So the connection could not be completed. You did nothing wrong.",
      next: "Wait a few minutes, then open the link you were given once more.",
    },
    revoked: {
      title: "Invitation withdrawn",
      text: "This account was disconnected after the link had been made, so the link is no longer valid.",
      next: "If you want to connect the account again, ask whoever sent you this link for a new one.",
    },
    not_completed: {
      title: "The authorization was not completed",
      text: "Something went wrong on our side, and the account was not connected. You did nothing wrong.",
      next: "Open the link you were given once more. If this happens again, tell whoever sent you the link.",
    },
    ticket_spent: {
      title: "Link already used",
      text: "This link was already used to connect a {provider} account, and each link works only once.",
      next: "If it was you who connected it, all is well: you can close this page. If you need to connect again, ask whoever sent you this link for a new one.",
    },
    ticket_expired: {
      title: "Link expired",
      text: "To be safe, a link for connecting an account is valid for a limited time only, and the time of this one is over.",
      next: "Ask whoever sent you this link for a new one.",
    },
    ticket_unknown: {
      title: "Unknown link",
      text: "We could not find this link. Perhaps only a part of it was copied, or it is too old.",
      next: "Check that the link was copied in full. If it still does not work, ask whoever sent it for a new one.",
    },
    too_many: {
      title: "Too many attempts",
      text: "This link was opened many times in a short while. To be safe, it is paused.",
      next: "Wait ten minutes and open the link once more. It was not cancelled.",
    },
    state_unknown: {
      title: "Unknown authorization",
      text: "This authorization did not start here, or is long over. Nothing has changed.",
      next: "To connect the account, open the link you were given once more.",
    },
    state_expired: {
      title: "The authorization took too long",
      text: "More than ten minutes have passed since you opened the link. To be safe, nothing was connected.",
      next: "Open the link you were given once more and authorize right away.",
    },
    other_browser: {
      title: "Another browser",
      text: "The authorization started in another browser, or this browser blocks cookies. To be safe, nothing was connected.",
      next: "Open the link you were given once more and authorize in the same browser from beginning to end. On a phone, open the link in the browser itself, not inside another app.",
    },
    malformed: {
      title: "Incomplete address",
      text: "A part of this address is missing, or there is too much of it. Nothing was connected.",
      next: "Open the link you were given once more and check that it is complete.",
    },
    install: {
      title: "One more step",
      text: "You began the installation in the app store of {provider}, and we do not know yet which system the account is for. So far, nothing was connected.",
      next: "Sign in to the system you want to connect to {provider}, and start the connection there.",
    },
    install_declined: {
      title: "Authorization declined",
      text: "You did not allow access to the {provider} account. Nothing was connected and nothing has changed.",
      next: "If that is what you wanted, you can close this page. If you have changed your mind, sign in to the system you want to connect to {provider}, and start the connection there.",
    },
    result_unknown: {
      title: "Result not found",
      text: "There is no result at this address. Results can be seen for 24 hours.",
      next: "If you want to know whether the account is connected, ask whoever sent you the link.",
    },
    provider_unknown: {
      title: "Page not found",
      text: "There is nothing at this address.",
      next: "Check that the link was copied in full. If it still does not work, ask whoever sent it for a new one.",
    },
    busy: {
      title: "Just a moment",
      text: "This account is being disconnected right now. It can be connected again immediately afterwards.",
      next: "Wait a few seconds and reload the page.",
    },
    not_ready: {
      title: "Accounts cannot be connected yet",
      text: "Something has to be set up on our side before accounts can be connected. You did nothing wrong.",
      next: "Tell whoever sent you the link, and give them the reference. Once it is set up, open the link again.",
    },
    internal_error: {
      title: "Something went wrong on our side",
      text: "We had a problem, and nothing is lost. You did nothing wrong.",
      next: "Wait a moment and reload the page. If this happens again, open the link you were given once more.",
    },
  },
};
