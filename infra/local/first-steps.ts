/** What a newcomer opens and types, in order. */
export function firstSteps(local: {
  /** Where the broker listens. What operators and consumers use never goes through a tunnel. */
  readonly brokerUrl: string;
  readonly publicUrl: string;
  readonly awsUrl: string;
  readonly sandboxUrl: string;
  readonly prefix: string;
  readonly isNew: boolean;
}): string {
  const { brokerUrl, publicUrl, awsUrl, sandboxUrl, prefix, isNew } = local;
  const addresses = `
  console           ${brokerUrl}/
  broker            ${brokerUrl}
  AWS endpoint      ${awsUrl}   (AWS_ENDPOINT_URL)
  sandbox           ${sandboxUrl}/rd-station, /rd-station-crm and /itflex
  callback URL      ${publicUrl}/auth/rd-station/callback   (to register in RD Station's App Store)
`;
  if (!isNew) return addresses;
  return `${addresses}
  Open the console in a browser, and click Connect. Or, from a shell:

  1. Ask for a link that connects an account, and open the authorization_url in a browser:

       curl -X POST ${brokerUrl}/v1/connections/rd-station/acme/authorization

  2. Pick an account and authorize. From now on its access token is refreshed ahead of expiry. Watch it:

       curl ${brokerUrl}/v1/connections/rd-station/acme

  3. Take the token as a consumer does, from Secrets Manager or from the broker:

       export AWS_ENDPOINT_URL=${awsUrl} AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
       aws secretsmanager get-secret-value --secret-id ${prefix}/rd-station/acme
       curl ${brokerUrl}/v1/connections/rd-station/acme/access-token

  4. Revoke it:

       curl -X DELETE ${brokerUrl}/v1/connections/rd-station/acme
`;
}
