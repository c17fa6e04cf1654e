/** The parts of the local stack that the console looks at and acts on, all of them over HTTP. */
export type Surroundings = {
  readonly brokerUrl: string;
  readonly awsUrl: string;
  readonly sandboxUrl: string;
  readonly providers: readonly KnownProvider[];
  readonly fetch: typeof fetch;
};

export type KnownProvider = {
  readonly id: string;
  readonly name: string;
  readonly hasApprovalPage: boolean;
  /** How a person ends a grant there, where the broker cannot: sentences; null where it can. */
  readonly endedByHand: string | null;
  /** It is the sandbox's: it has switches. */
  readonly isSandbox: boolean;
};

/** Time for one request to a part of this very process, in milliseconds. The longest that one of them takes is a refresh. */
const timeout = 30_000;

/** One request, with a body in JSON where there is one. */
export function ask({ fetch }: Pick<Surroundings, "fetch">, url: string, method = "GET", body?: unknown) {
  return fetch(url, {
    method,
    signal: AbortSignal.timeout(timeout),
    redirect: "error",
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
}

/**
 * What a GET answers, in JSON.
 *
 * @throws Error that says what was answered instead; shown to the person who looks at the console
 */
export async function read<Body>(surroundings: Pick<Surroundings, "fetch">, url: string): Promise<Body> {
  const response = await ask(surroundings, url);
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`GET ${new URL(url).pathname} answered ${response.status}.`);
  }
  return (await response.json()) as Body;
}

/** Where a connection is in the HTTP API. */
export function connectionUrl({ brokerUrl }: Pick<Surroundings, "brokerUrl">, provider: string, account: string) {
  return `${brokerUrl}/v1/connections/${encodeURIComponent(provider)}/${encodeURIComponent(account)}`;
}

/** Where a provider's switches are. */
export function switchesUrl({ sandboxUrl }: Pick<Surroundings, "sandboxUrl">, provider: string) {
  return `${sandboxUrl}/_sandbox/${encodeURIComponent(provider)}`;
}
