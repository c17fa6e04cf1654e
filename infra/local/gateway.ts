import { setTimeout as delay } from "node:timers/promises";
import { serve } from "@hono/node-server";
import type { Context } from "aws-lambda";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { HttpAnswer } from "../../shared/runtime/http-answer.ts";
import type { HttpEvent } from "../../shared/runtime/http-call.ts";
import { httpApiEvent } from "./http-api-event.ts";
import { loopbackRefusal } from "./loopback-guard.ts";
import { type FunctionName, type Route, routes } from "./routes.ts";

export type LocalFunction = (event: HttpEvent, context: Context) => Promise<HttpAnswer>;

/** Where tunnels and reverse proxies say for whom they pass a request on. */
const clientHeaders = ["forwarded", "x-forwarded-for", "x-real-ip", "cf-connecting-ip"] as const;

/** True where one of them names an address. */
function isForwarded(header: (name: string) => string | undefined): boolean {
  return clientHeaders.some((name) => /\d+\.\d+|[\da-f]*:[\da-f]*:/i.test(header(name) ?? ""));
}

/** What the HTTP API takes at most: 10 MB. */
const longestBody = 10 * 1024 * 1024;

/** Left for answers to leave before connections are cut, in milliseconds. */
const answering = 1_000;

/** Time that a function of the HTTP API has, in milliseconds. */
const requestTimeout = 25_000;

export type Gateway = {
  readonly port: number;
  /** Stops accepting, and waits until every function that was called has returned. */
  close(): Promise<void>;
};

/**
 * A local API Gateway: matches routes as the HTTP API does, builds its event and calls the very handlers that are
 * deployed. What it answers by itself has the HTTP API's form, not ours.
 *
 * @param load gives a function's handler; called once its route is asked for
 * @param pages what is there locally only: the console
 */
export async function startGateway(options: {
  readonly port: number;
  readonly load: (name: FunctionName) => Promise<LocalFunction>;
  readonly pages: Hono;
}): Promise<Gateway> {
  const running = new Set<Promise<unknown>>();
  const app = new Hono();
  app.use(async (context, next) => {
    const { path } = context.req;
    const refusal = loopbackRefusal({
      host: context.req.header("host"),
      secFetchSite: context.req.header("sec-fetch-site"),
      origin: context.req.header("origin"),
      sameSiteOnly: path.startsWith("/v1") || path.startsWith("/console"),
      isForwarded: isForwarded((name) => context.req.header(name)),
    });
    context.header("cache-control", "no-store");
    if (refusal !== undefined)
      return context.json({ message: refusal === 421 ? "Misdirected Request" : "Forbidden" }, refusal);
    return next();
  });
  app.use(
    bodyLimit({ maxSize: longestBody, onError: (context) => context.json({ message: "Request Too Long" }, 413) }),
  );
  // The HTTP API knows no HEAD unless a route is made for it; Hono would answer one by running the GET.
  app.use((context, next) => (context.req.method === "HEAD" ? Promise.resolve(context.notFound()) : next()));
  for (const route of routes) {
    app.on(route.method, route.path.replace(/\{(\w+)\}/g, ":$1"), async (context) => {
      // Read first: a client that stops halfway through its body is nothing that a stop has to wait for.
      const event = await httpApiEvent(route, context.req.raw, context.req.param());
      const answer = call(route, event, options.load);
      running.add(answer);
      return answer.finally(() => running.delete(answer));
    });
  }
  app.route("/", options.pages);
  app.notFound((context) => context.json({ message: "Not Found" }, 404));
  return listen(app, options.port, running);
}

async function call(
  route: Route,
  event: HttpEvent,
  load: (name: FunctionName) => Promise<LocalFunction>,
): Promise<Response> {
  try {
    const handler = await load(route.function);
    return toResponse(await handler(event, lambdaContext(route.function, requestTimeout)));
  } catch (error) {
    console.error(`The function ${route.function} failed:`, error instanceof Error ? error.name : typeof error);
    return Response.json({ message: "Internal Server Error" }, { status: 500 });
  }
}

function toResponse(answer: HttpAnswer): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers.set(name, String(value));
  for (const cookie of answer.cookies ?? []) headers.append("set-cookie", cookie);
  const body = answer.isBase64Encoded ? Buffer.from(answer.body ?? "", "base64") : (answer.body ?? "");
  return new Response(body, { status: answer.statusCode ?? 200, headers });
}

/** A Lambda context with a clock that runs down. */
export function lambdaContext(name: string, timeoutMilliseconds: number): Context {
  const endsAt = Date.now() + timeoutMilliseconds;
  return {
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    memoryLimitInMB: "256",
    awsRequestId: crypto.randomUUID(),
    logGroupName: name,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => endsAt - Date.now(),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

function listen(app: Hono, port: number, running: ReadonlySet<Promise<unknown>>): Promise<Gateway> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, (address) => {
      const close = async () => {
        const closed = new Promise<void>((done) => server.close(() => done()));
        await Promise.allSettled(running);
        // What was answered is still on its way out; a connection that is merely kept alive is not waited for.
        await Promise.race([closed, delay(answering)]);
        if ("closeAllConnections" in server) server.closeAllConnections();
        await closed;
      };
      resolve({ port: address.port, close });
    });
    server.once("error", (cause) => {
      reject(new Error(`Port ${port} cannot be listened on. Stop what has it, or set PORT to another.`, { cause }));
    });
  });
}
