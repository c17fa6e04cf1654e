/** Our registration at the sandbox, shaped like one of RD Station's App Publisher. Worth nothing anywhere else. */
export const sandboxClient = {
  clientId: "7d2f7b1e-5c1a-4a8e-9d63-0f6f2f1c9a41",
  clientSecret: "3f0a9c5e7b1d4826a1c4e8f20b6d9573",
} as const;
