import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { loopbackRefusal } from "../loopback-guard.ts";
import { openItflex } from "./itflex/itflex.ts";
import { openRdStation } from "./rd-station/rd-station.ts";
import { openRdStationCrm } from "./rd-station-crm/rd-station-crm.ts";
import type { SandboxEnv, SandboxProvider } from "./sandbox-provider.ts";

type RegisteredAt = { readonly clientId: string; readonly clientSecret: string };

export type SandboxOptions = {
  /** 0 for any that is free. */
  readonly port: number;
  /** Where what was issued survives a restart; undefined keeps it in memory. */
  readonly dataDirectory: string | undefined;
  /** Life of access tokens, until the settings say otherwise. */
  readonly tokenSeconds: number;
  readonly rdStationClient: RegisteredAt;
  /** The callbacks registered at RD Station. */
  readonly redirectUris: readonly string[];
  readonly rdStationCrmClient: RegisteredAt;
  /** The callbacks registered at RD Station CRM. */
  readonly rdStationCrmRedirectUris: readonly string[];
  /** Epoch milliseconds. */
  readonly now?: () => number;
};

export type Sandbox = {
  /** `http://localhost:{port}`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Drops open connections and closes files. */
  close(): Promise<void>;
};

/**
 * Starts the sandbox providers on 127.0.0.1: RD Station at `/rd-station`, RD Station CRM at `/rd-station-crm` and iTFLEX
 * at `/itflex`; the control API of each at `/_sandbox/{provider}`.
 *
 * @throws where the port is taken or the data directory cannot be written.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const routes = new Hono<SandboxEnv>();
  const server = createAdaptorServer({
    fetch: routes.fetch,
    // Longer than any client pools a connection, so that the sandbox resets none but those it was told to.
    serverOptions: { keepAliveTimeout: 120_000 },
  });
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening").catch((cause: unknown) => {
    throw new Error(`Port ${options.port} cannot be listened on. Stop what has it, or set SANDBOX_PORT to another.`, {
      cause,
    });
  });
  // The port comes first: a second process on the same data directory fails at it, before it touches the files.
  const providers: SandboxProvider[] = [];
  const close = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    for (const provider of providers) provider.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
    await closed;
  };
  try {
    for (const open of openersOf(options)) providers.push(open());
    mount(routes, providers);
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${port}`, port, close };
}

function openersOf(options: SandboxOptions): readonly (() => SandboxProvider)[] {
  const { dataDirectory, tokenSeconds, now = Date.now } = options;
  const common = { dataDirectory, tokenSeconds, now };
  const { rdStationClient, redirectUris, rdStationCrmClient, rdStationCrmRedirectUris } = options;
  return [
    () => openRdStation({ ...common, client: rdStationClient, redirectUris }),
    () => openRdStationCrm({ ...common, client: rdStationCrmClient, redirectUris: rdStationCrmRedirectUris }),
    () => openItflex(common),
  ];
}

function mount(routes: Hono<SandboxEnv>, providers: readonly SandboxProvider[]): void {
  const dialogs = providers.flatMap(({ dialogPath }) => dialogPath ?? []);
  routes.use("*", async (c, next) => {
    // A person is sent to the dialog from elsewhere; nobody else's page may submit its form.
    const sameSiteOnly =
      c.req.path.startsWith("/_sandbox") ||
      (c.req.method !== "GET" && dialogs.some((path) => c.req.path.includes(path)));
    const refusal = loopbackRefusal({
      host: c.req.header("host"),
      secFetchSite: c.req.header("sec-fetch-site"),
      origin: c.req.header("origin"),
      sameSiteOnly,
    });
    if (refusal !== undefined) return c.json({ error: "Only this machine may ask." }, refusal);
    return next();
  });
  const names = providers.map((provider) => provider.name);
  for (const provider of providers) {
    routes.route(`/_sandbox/${provider.name}`, provider.control);
    routes.route(`/${provider.name}`, provider.routes);
  }
  routes.get("/_sandbox", (c) => c.json({ providers: names }));
  routes.notFound((c) => c.json({ error: `Nothing here; see docs/sandbox.md. Providers: ${names.join(", ")}.` }, 404));
}
