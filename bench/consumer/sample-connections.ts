/** The connection of those that are made for one only. */
export const onlyConnection = "rd-station/customer-0";

/** The first so many connections. */
export function sampleConnections(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `rd-station/customer-${index}`);
}

/** How long an access token of RD Station is, about: a JWT. */
export const tokenLength = 1024;

/** The access token of a connection, another one for each. */
export function sampleToken(connection: string): string {
  return `${connection}.`.padEnd(tokenLength, "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9");
}
