import { Hono } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { Provider } from "../../../shared/providers/provider.ts";
import { actionRoutes } from "./action-routes.ts";
import { createLook } from "./look.ts";
import { pageFiles } from "./page-files.ts";
import type { ConsoleState } from "./state.ts";
import type { Surroundings } from "./surroundings.ts";
import { createWatch, type Watch } from "./watch.ts";

export type Console = {
  /** The page at `/`, and what it asks for below `/console/`. */
  readonly routes: Hono;
  /** Begins to look, once everything has started. Until then the page is there, and waits. */
  open(stack: {
    readonly brokerUrl: string;
    readonly awsUrl: string;
    readonly sandboxUrl: string;
    readonly providers: Iterable<Provider>;
  }): void;
  /** Ends every stream. */
  close(): void;
};

/** A part of the state as the stream carries it. */
type Part = { readonly event: string; readonly data: string };

/** Connections that somebody sees who asks for no other number: with thousands, each look would take long. */
const fewConnections = 100;

/** How many connections the stream is asked for, by `?connections=`; undefined where that is no number of connections. */
function askedFor(connections: string | undefined): number | undefined {
  if (connections === undefined) return fewConnections;
  return /^[1-9]\d{0,6}$/.test(connections) ? Number(connections) : undefined;
}

/**
 * The local console. It runs in the broker's process, and only as long as somebody looks: what it shows it reads over the
 * same HTTP that everybody else uses, once a second at most, and never for more than a tenth of the time.
 */
export function createConsole(): Console {
  let opened: { readonly surroundings: Surroundings; readonly watch: Watch<readonly Part[]> } | undefined;
  /** How many connections each of those asks for who have a stream open: one look is for all of them. */
  const asked = new Map<symbol, number>();

  async function sendChanges(stream: SSEStreamingApi): Promise<void> {
    const sent = new Map<string, string>();
    while (!stream.aborted && opened !== undefined) {
      // It rejects when the process stops, and with that the stream is over.
      const parts = await opened.watch.next().catch(() => undefined);
      if (parts === undefined) return;
      for (const { event, data } of parts) {
        if (sent.get(event) === data) continue;
        sent.set(event, data);
        await stream.writeSSE({ event, data });
      }
    }
  }

  const routes = new Hono();
  routes.route("/", pageFiles());
  routes.use("/console/*", async (context, next) => {
    if (opened === undefined) return context.json({ detail: "chaveiro is starting. Ask again in a second." }, 503);
    return next();
  });
  routes.get("/console/events", (context) => {
    const connections = askedFor(context.req.query("connections"));
    if (connections === undefined) {
      return context.json({ detail: "connections has to be a number from 1 to 9999999." }, 400);
    }
    const answer = streamSSE(context, async (stream) => {
      const reader = Symbol("reader");
      asked.set(reader, connections);
      try {
        await sendChanges(stream);
      } finally {
        asked.delete(reader);
      }
    });
    answer.headers.set("cache-control", "no-store");
    return answer;
  });
  routes.route(
    "/console",
    actionRoutes(() => {
      if (opened === undefined) throw new Error("The console is not open yet.");
      return opened.surroundings;
    }),
  );
  return {
    routes,
    open({ providers, ...urls }) {
      const surroundings: Surroundings = {
        ...urls,
        fetch: globalThis.fetch,
        providers: [...providers].map(({ id, name, origin, authorizationUrl, endedByHand }) => ({
          id,
          name,
          hasApprovalPage: authorizationUrl !== undefined,
          endedByHand: endedByHand ?? null,
          // A provider without an origin has one for each customer: the sandbox's are among them.
          isSandbox: origin === undefined || origin.startsWith(`${urls.sandboxUrl}/`),
        })),
      };
      const look = createLook(surroundings);
      opened = {
        surroundings,
        watch: createWatch(async () => partsOf(await look(Math.max(fewConnections, ...asked.values())))),
      };
    },
    close: () => opened?.watch.close(),
  };
}

/** Written out once for all who look: with many connections that is most of the work. */
function partsOf(state: ConsoleState): readonly Part[] {
  return Object.entries(state).map(([event, part]) => ({ event, data: JSON.stringify(part) }));
}
