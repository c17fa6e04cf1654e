/** What is told about a connection, by its name on the bus. */
export const connectionEventNames = [
  "connection.authorized",
  "connection.degraded",
  "connection.recovered",
  "connection.reauthorization_required",
  "connection.revoking",
  "connection.revoked",
] as const;

export type ConnectionEventName = (typeof connectionEventNames)[number];

/** What is told about a provider's token endpoint. */
export const providerEventNames = [
  "provider.unavailable",
  "provider.client_credentials_rejected",
  "provider.recovered",
] as const;

export type ProviderEventName = (typeof providerEventNames)[number];
