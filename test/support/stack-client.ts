import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { authorize, browser } from "./browser.ts";
import { mustBeDocumented } from "./event-schemas.ts";
import type { LocalStack } from "./local-stack.ts";

/** A call of each provider's API that an access token is good for. */
const resources = {
  "rd-station": "/platform/contacts/email:ana@example.com",
  "rd-station-crm": "/crm/v2/contacts",
  itflex: "/api/v1/users",
} as const;

export type SandboxProviderId = keyof typeof resources;

/** A refresh token of a new grant, as somebody else holds it. `origin`: where every customer has a host of their own. */
export type HandedOut = { readonly refresh_token: string; readonly origin?: string };

export type Metadata = {
  readonly provider: string;
  readonly account: string;
  readonly label: string | null;
  readonly status: "active" | "degraded" | "reauthorization_required" | "revoking" | "revoked";
  readonly reason: string | null;
  readonly origin: string;
  readonly generation: number;
  readonly expires_at: string | null;
  readonly refresh_at: string | null;
  readonly last_refresh: { readonly at: string | null; readonly outcome: string | null; readonly code: string | null };
  readonly created_at: string;
  readonly updated_at: string;
  readonly secret_name: string | null;
  /** Only in the answer to a revocation. */
  readonly upstream?: string | null;
};

export type AccessToken = {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_at: string;
  readonly issued_at: string;
  readonly generation: number;
  readonly origin: string;
};

export type Published = Partial<AccessToken> & {
  readonly provider: string;
  readonly account: string;
  readonly generation: number;
  readonly revoked_at?: string;
};

/** An answer of the broker. `body.code` is set where it is a problem document. */
export type Reply<Body> = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body & { readonly code?: string; readonly detail?: string };
};

export type StackEvent = {
  readonly number: number;
  readonly id: string;
  readonly source: string;
  readonly detail_type: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly time: string;
};

export type StatusChange = Readonly<Record<"status" | "previous_status" | "reason", unknown>>;

export type SandboxFault = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** As `docs/sandbox.md` describes a grant. */
export type SandboxGrant = {
  readonly id: string;
  readonly account: string;
  readonly client_id: string;
  readonly alive: boolean;
  readonly live_refresh_tokens: number;
  readonly generation: number;
  readonly redemptions: number;
  readonly revoked_by: string | null;
};

export type SandboxRedemptions = {
  readonly presented: number;
  readonly redeemed: number;
  readonly overlapping: number;
  readonly maximum_overlap: number;
  readonly behind_abandoned: number;
  readonly dead_presented: number;
};

export type SandboxCounters = {
  /** Changes with every start of the sandbox: counters, log and faults begin anew with it. */
  readonly run: string;
  readonly requests: Readonly<
    Record<
      string,
      { readonly total: number; readonly faulted: number; readonly statuses: Readonly<Record<string, number>> }
    >
  >;
  readonly redemptions: SandboxRedemptions;
  readonly grants: Readonly<Record<string, SandboxRedemptions & { readonly account: string | null }>>;
};

export type SandboxLogEntry = {
  readonly number: number;
  readonly endpoint: string;
  readonly started_at: number;
  readonly start_order: number;
  readonly process_order: number | null;
  /** Null while the request is open. */
  readonly end_order: number | null;
  readonly status: number | null;
  /** Null until it is decided whether the request has an effect. */
  readonly outcome: string | null;
  readonly faults: readonly string[];
  readonly client_gone: boolean;
  readonly account: string | null;
  readonly grant: string | null;
  readonly redeems: "code" | "refresh_token" | null;
  readonly presented_hash: string | null;
  /** Of the refresh token presented, and of the one in the answer: 1 for the first of a grant. */
  readonly generation: number | null;
  readonly issued_generation: number | null;
  readonly issued_access_hash: string | null;
  readonly issued_refresh_hash: string | null;
};

/** One fault of the AWS endpoint, as `infra/local/aws-endpoint/local-routes.ts` describes it. */
export type AwsFault = {
  readonly service: "dynamodb" | "secretsmanager" | "kms" | "events";
  readonly operation: string;
  readonly error?: string;
  readonly entry_error?: string;
  readonly status?: number;
  readonly times?: number;
  readonly after?: boolean;
  readonly delay_milliseconds?: number;
};

/** How a connection stands, seen from three sides: ours, a consumer's and the provider's. */
export type Standing = Pick<Metadata, "status" | "reason" | "generation"> & {
  readonly outcome: string | null;
  readonly code: string | null;
  /** What the provider's API answers to the access token that the broker hands out; the broker's code where it does not. */
  readonly token: number | string;
  /** The same for the published one; null where there is none. */
  readonly publishedToken: number | null;
  /** The published generation is the connection's. */
  readonly isPublished: boolean;
  readonly liveGrants: number;
};

/** A connection of which nothing was lost. */
export const healthy = {
  status: "active",
  reason: null,
  token: 200,
  publishedToken: 200,
  isPublished: true,
  liveGrants: 1,
} as const satisfies Partial<Standing>;

export type StackClient = ReturnType<typeof stackClient>;

/** Talks to a local stack as operators, consumers and testers do. Accounts are RD Station's unless said otherwise. */
export function stackClient(
  stack: Pick<LocalStack, "brokerUrl" | "awsUrl" | "sandboxUrl">,
  provider: SandboxProviderId = "rd-station",
) {
  const connectionUrl = (account: string) => `${stack.brokerUrl}/v1/connections/${provider}/${account}`;
  const control = `${stack.sandboxUrl}/_sandbox/${provider}`;
  const secrets = new SecretsManagerClient({
    endpoint: stack.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });

  const call = async <Body>(url: string, method = "GET", body?: unknown): Promise<Reply<Body>> => {
    const init =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(url, { method, redirect: "manual", ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: readJson(text) as Reply<Body>["body"] };
  };
  /** As `call`, for what has to succeed. */
  const must = async <Body>(url: string, method = "GET", body?: unknown): Promise<Body> => {
    const reply = await call<Body>(url, method, body);
    if (reply.status >= 300) throw new Error(`${method} ${url} answered ${reply.status}: ${reply.text.slice(0, 500)}`);
    return reply.body;
  };

  const metadata = (account: string) => must<Metadata>(connectionUrl(account));
  const ticket = (account: string, options: Readonly<Record<string, unknown>> = {}) =>
    must<{ readonly authorization_url: string; readonly expires_at: string }>(
      `${connectionUrl(account)}/authorization`,
      "POST",
      options,
    );

  const accessToken = (
    account: string,
    query: { readonly minimum_seconds?: number | string; readonly rejected?: string } = {},
  ) => {
    const parameters = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    return call<AccessToken>(`${connectionUrl(account)}/access-token?${new URLSearchParams(parameters)}`);
  };
  const readPublished = async (account: string, prefix = "chaveiro"): Promise<Published | undefined> => {
    try {
      const SecretId = `${prefix}/${provider}/${account}`;
      const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      return JSON.parse(SecretString ?? "") as Published;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  };
  /**
   * Calls the provider's API. `origin`: of the customer's host, where every customer has one.
   *
   * @returns its status: 200 where the access token works
   */
  const callApi = async (accessToken: string, origin = `${stack.sandboxUrl}/${provider}`): Promise<number> => {
    const response = await fetch(origin + resources[provider], { headers: { authorization: `Bearer ${accessToken}` } });
    await response.arrayBuffer();
    return response.status;
  };
  /** What the event bus has accepted. Every event is checked against its schema on the way, whatever it is read for. */
  const readEvents = async (after: number): Promise<readonly StackEvent[]> => {
    const url = `${stack.awsUrl}/_local/events?after=${after}`;
    const { events } = await must<{ readonly events: readonly StackEvent[] }>(url);
    events.forEach(mustBeDocumented);
    return events;
  };
  const readGrants = async (account?: string): Promise<readonly SandboxGrant[]> => {
    const query = account === undefined ? "" : `?${new URLSearchParams({ account })}`;
    return (await must<{ readonly grants: readonly SandboxGrant[] }>(`${control}/grants${query}`)).grants;
  };
  /** A code as the approval page hands it out. */
  const approve = (account: string, state?: string) =>
    must<{ readonly code: string; readonly location: string }>(`${control}/approvals`, "PUT", {
      account,
      ...(state === undefined ? {} : { state }),
    });
  const handOut = (account: string) => must<HandedOut>(`${control}/refresh-tokens`, "PUT", { account });
  const setFaults = async (faults?: readonly SandboxFault[]) => {
    const body = faults === undefined ? undefined : { faults };
    const set = await must<{ readonly faults: readonly (SandboxFault & { readonly hits: number })[] }>(
      `${control}/faults`,
      faults === undefined ? "GET" : "PUT",
      body,
    );
    return set.faults;
  };
  const aimed = new Map<string, readonly SandboxFault[]>();
  let aiming: Promise<unknown> = Promise.resolve();

  return {
    /** Any route of the broker: `call("GET", "/v1/connections")`. */
    call: <Body = Readonly<Record<string, unknown>>>(method: string, path: string, body?: unknown) =>
      call<Body>(stack.brokerUrl + path, method, body),
    /** Issues a ticket. */
    ticket,
    /** Connects, or connects again, by authorizing the sandbox's account `as` (the same name unless given). */
    async connect(account: string, as = account): Promise<Metadata> {
      const before = await call<Partial<Metadata>>(connectionUrl(account));
      const page = await authorize(browser(), (await ticket(account)).authorization_url, { account: as });
      const after = await call<Metadata>(connectionUrl(account));
      if (after.status === 200 && after.body.generation > (before.body.generation ?? 0)) return after.body;
      throw new Error(`Connecting ${account} ended with ${page.status}: ${page.body}`);
    },
    metadata,
    accessToken,
    refresh: (account: string) => call<Metadata>(`${connectionUrl(account)}/refresh`, "POST"),
    revoke: (account: string, options: { readonly force?: boolean } = {}) =>
      call<Metadata>(`${connectionUrl(account)}${options.force === true ? "?force=true" : ""}`, "DELETE"),
    put: (account: string, refreshToken: string, origin?: string) =>
      call<Metadata>(connectionUrl(account), "PUT", {
        refresh_token: refreshToken,
        ...(origin === undefined ? {} : { origin }),
      }),
    /** What consumers read in Secrets Manager; undefined where there is no such secret. */
    published: readPublished,
    /** What the event bus has accepted, of one account where given. */
    async events(account?: string, after = 0): Promise<readonly StackEvent[]> {
      const events = await readEvents(after);
      return events.filter(({ detail }) => account === undefined || detail["account"] === account);
    },
    /** What the events tell of an account: each change once, however often it was delivered. */
    async statusChanges(account: string): Promise<readonly StatusChange[]> {
      const details = (await readEvents(0))
        .map(({ detail }) => detail)
        .filter((detail) => detail["account"] === account);
      const changes = new Map(
        details.map(({ id, status, previous_status, reason }) => [id, { status, previous_status, reason }]),
      );
      return [...changes.values()];
    },
    callApi,
    /** Looks at a connection from all sides. `as`: the sandbox's account, where it has another name. */
    async standing(account: string, as = account): Promise<Standing> {
      const [token, published, grants] = await Promise.all([
        accessToken(account),
        readPublished(account),
        readGrants(as),
      ]);
      const { status, reason, generation, last_refresh } = await metadata(account);
      const publishedToken = published?.access_token;
      return {
        status,
        reason,
        generation,
        outcome: last_refresh.outcome,
        code: last_refresh.code,
        token: token.status === 200 ? await callApi(token.body.access_token) : (token.body.code ?? token.status),
        publishedToken: publishedToken === undefined ? null : await callApi(publishedToken),
        isPublished: published?.generation === generation,
        liveGrants: grants.filter(({ alive }) => alive).length,
      };
    },
    /** The AWS endpoint's own switches. */
    aws: {
      faults: (faults: readonly AwsFault[]) => must(`${stack.awsUrl}/_local/faults`, "PUT", faults),
      faultsLeft: () => must<readonly AwsFault[]>(`${stack.awsUrl}/_local/faults`),
      requests: () => must<Readonly<Record<string, number>>>(`${stack.awsUrl}/_local/requests`),
      resetRequests: () => must(`${stack.awsUrl}/_local/requests`, "DELETE"),
    },
    sandbox: {
      /** Shows the settings, after changing those given. */
      settings: (change?: Readonly<Record<string, unknown>>) =>
        must<Readonly<Record<string, unknown>>>(`${control}/settings`, change === undefined ? "GET" : "PUT", change),
      /** Shows the faults, after replacing them by those given. */
      faults: setFaults,
      /** Replaces the faults that hit one account, and leaves those of others: for tests that run side by side. */
      aim: (account: string, faults: readonly SandboxFault[]): Promise<unknown> => {
        aimed.set(
          account,
          faults.map((fault) => ({ ...fault, account })),
        );
        aiming = aiming.then(() => setFaults([...aimed.values()].flat()));
        return aiming;
      },
      grants: readGrants,
      /** The user removes the app. */
      endGrants: (account: string) => must(`${control}/grants`, "PUT", { account, alive: false }),
      counters: () => must<SandboxCounters>(`${control}/counters`),
      log: async (query: Readonly<Record<string, string | number>> = {}) => {
        const parameters = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
        const url = `${control}/log?${new URLSearchParams(parameters)}`;
        return (await must<{ readonly entries: readonly SandboxLogEntry[] }>(url)).entries;
      },
      /** Changes the registered client. */
      client: (change: Readonly<Record<string, unknown>>) => must(`${control}/client`, "PUT", change),
      approve,
      handOut,
      refreshToken: async (account: string) => (await handOut(account)).refresh_token,
      reset: (only?: readonly string[]) => must(`${control}/reset`, "PUT", only === undefined ? {} : { only }),
    },
  };
}

/**
 * Looks again and again until `check` gives something other than undefined, null or false.
 *
 * @param seconds generous: it is only ever waited for by a test that fails
 * @param what describes the state that was waited for, for the error
 */
export async function eventually<Value>(
  check: () => Promise<Value | undefined | null | false> | Value | undefined | null | false,
  seconds = 60,
  what = "",
): Promise<Value> {
  const endsAt = Date.now() + seconds * 1000;
  let failure: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== null && value !== false) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > endsAt)
      throw new Error(`Did not happen within ${seconds} s: ${what || check}`, { cause: failure });
    await wait(100);
  }
}

/** How a reader names a token that was answered with 401. */
export function rejectedHash(accessToken: string): string {
  return createHash("sha256").update(accessToken).digest("hex").slice(0, 16);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
