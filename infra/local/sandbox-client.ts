/** Our registration at the sandbox, shaped like one of RD Station's App Publisher. Worth nothing anywhere else. */
export const sandboxClient = {
  clientId: "7d2f7b1e-5c1a-4a8e-9d63-0f6f2f1c9a41",
  clientSecret: "3f0a9c5e7b1d4826a1c4e8f20b6d9573",
} as const;

/** The same at the sandbox's RD Station CRM: credentials are good for one product only. */
export const sandboxCrmClient = {
  clientId: "b41c0d72-93e6-4f0b-8c55-6a1d2e7f3084",
  clientSecret: "9e2d4c7a10f84b63b5d1a7c3e6f80925",
} as const;
