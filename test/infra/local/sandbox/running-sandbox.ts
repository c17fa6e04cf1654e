import { onTestFinished } from "vitest";
import { type SandboxOptions, startSandbox } from "../../../../infra/local/sandbox/start-sandbox.ts";

export const client = {
  clientId: "68956445-3421-4a0f-a0dd-3142a97621f4",
  clientSecret: "0f3c1a5be2d94c77a0b1c2d3e4f50617",
};
export const callback = "http://127.0.0.1:8788/auth/rd-station/callback";
export const crmClient = {
  clientId: "2a0b7a4e-61c5-4c1d-8f3e-95d6f1b8c702",
  clientSecret: "77c0f1e2d3b4a59687a6b5c4d3e2f101",
};
export const crmCallback = "http://127.0.0.1:8788/auth/rd-station-crm/callback";

export type Json = { readonly [member: string]: Json } & readonly Json[] & string & number & boolean & null;
export type Reply = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Json };
export type Tokens = { readonly access_token: string; readonly expires_in: number; readonly refresh_token: string };

export type RunningSandbox = ReturnType<typeof talkTo>;

export const sandboxOptions: SandboxOptions = {
  port: 0,
  dataDirectory: undefined,
  tokenSeconds: 86_400,
  rdStationClient: client,
  redirectUris: [callback],
  rdStationCrmClient: crmClient,
  rdStationCrmRedirectUris: [crmCallback],
};

/** Starts a sandbox that ends with the test. */
export async function runSandbox(options: Partial<SandboxOptions> = {}): Promise<RunningSandbox> {
  const sandbox = await startSandbox({ ...sandboxOptions, ...options });
  onTestFinished(sandbox.close);
  return talkTo(sandbox.url);
}

/** A clock that a test moves. */
export function settableClock(start = 1_700_000_000_000): { now: () => number; forward(seconds: number): void } {
  let time = start;
  return {
    now: () => time,
    forward(seconds) {
      time += seconds * 1000;
    },
  };
}

/** One provider of a sandbox and its control API. */
export function providerAt(url: string, provider: string) {
  const base = `${url}/${provider}`;

  async function send(path: string, init: RequestInit = {}): Promise<Reply> {
    return replyOf(await fetch(path.startsWith("http") ? path : `${base}${path}`, { redirect: "manual", ...init }));
  }

  async function control(method: "GET" | "PUT", path: string, body?: unknown): Promise<Reply> {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    return replyOf(await fetch(`${url}/_sandbox/${provider}${path}`, { method, ...init }));
  }

  const put = (path: string, body: unknown) => control("PUT", path, body);
  return {
    url,
    base,
    send,
    control,
    put,
    get: async (path: string) => (await control("GET", path)).json,
    faults: (...faults: readonly object[]) => put("/faults", { faults }),
    /** The refresh token of a new grant. */
    refreshToken: async (account: string) =>
      (await put("/refresh-tokens", { account })).json["refresh_token"] as string,
  };
}

export function talkTo(url: string) {
  const provider = providerAt(url, "rd-station");
  const { send, put } = provider;
  const token = (members: object, query = "") =>
    send(`/auth/token${query}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_id: client.clientId, client_secret: client.clientSecret, ...members }),
    });
  const approve = async (account = "Acme Ltda"): Promise<string> =>
    (await put("/approvals", { account })).json["code"] as string;
  const tokensOf = (reply: Reply) => reply.json as unknown as Tokens;

  return {
    ...provider,
    token,
    approve,
    exchange: (code: string) => token({ code }),
    refresh: (refresh_token: string) => token({ refresh_token }),
    connect: async (account = "Acme Ltda"): Promise<Tokens> => tokensOf(await token({ code: await approve(account) })),
    renew: async (refresh_token: string): Promise<Tokens> => tokensOf(await token({ refresh_token })),
    accountInfo: (accessToken?: string) =>
      send(
        "/marketing/account_info",
        accessToken === undefined ? {} : { headers: { authorization: `Bearer ${accessToken}` } },
      ),
    revoke: (accessToken: string | undefined, body: string, type = "application/x-www-form-urlencoded") =>
      send("/auth/revoke", {
        method: "POST",
        headers: {
          "content-type": type,
          ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
        },
        body,
      }),
  };
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const json = /json/.test(response.headers.get("content-type") ?? "") ? parsed(text) : undefined;
  return { status: response.status, headers: response.headers, text, json: json as Json };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
