import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type LambdaFunction = {
  /**
   * Runs one invocation. They queue up, as they do in one execution environment.
   *
   * @param milliseconds until its deadline
   * @throws Error with what the function threw, or why it did not start
   */
  invoke(event: unknown, milliseconds: number): Promise<unknown>;
  /** Everything it has printed. */
  output(): string;
  close(): Promise<void>;
};

type Invocation = {
  readonly id: string;
  readonly event: unknown;
  readonly deadline: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
};

const bootstrap = fileURLToPath(new URL("./lambda-bootstrap.ts", import.meta.url));

/**
 * Runs a bundle behind a Lambda Runtime API: in a directory with nothing else in it, and with nothing in its environment but
 * what Lambda and the template put there.
 *
 * @param options.node path of the Node to run it with
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startLambdaFunction(options: {
  readonly node: string;
  readonly name: string;
  readonly bundle: string;
  readonly handler: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<LambdaFunction> {
  const { node, name, bundle, handler, env } = options;
  const taskRoot = mkdtempSync(join(tmpdir(), `chaveiro-${name}-`));
  copyFileSync(bundle, join(taskRoot, "index.mjs"));

  const waiting: Invocation[] = [];
  const running = new Map<string, Invocation>();
  let poll: ServerResponse | undefined;
  let failure: Error | undefined;
  let output = "";

  const hand = () => {
    if (poll === undefined) return;
    const invocation = waiting.shift();
    if (invocation === undefined) return;
    running.set(invocation.id, invocation);
    poll.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": invocation.id,
      "lambda-runtime-deadline-ms": String(invocation.deadline),
      "lambda-runtime-invoked-function-arn": `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    });
    poll.end(JSON.stringify(invocation.event));
    poll = undefined;
  };
  const fail = (error: Error) => {
    failure ??= error;
    for (const { reject } of [...waiting.splice(0), ...running.values()]) reject(failure);
  };
  const settle = (path: string, body: unknown) => {
    const [, id = "", how] = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const invocation = running.get(id);
    running.delete(id);
    if (how === "response") invocation?.resolve(body);
    else (invocation?.reject ?? fail)(described(name, body));
  };

  const server = createServer(async (request, response) => {
    if (request.url === "/2018-06-01/runtime/invocation/next") {
      poll = response;
      hand();
      return;
    }
    settle(request.url ?? "", await readJson(request));
    response.writeHead(202).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const child = spawn(node, [bootstrap], {
    cwd: taskRoot,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...env,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: taskRoot,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_SESSION_TOKEN: "test",
      TZ: ":UTC",
    },
  });
  const listen = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  const exited = once(child, "exit");
  child.once("exit", (code, signal) => fail(new Error(`${name} ended with ${code ?? signal}:\n${output}`)));

  return {
    invoke: (event, milliseconds) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        waiting.push({ id: randomUUID(), event, deadline: Date.now() + milliseconds, resolve, reject });
        hand();
      }),
    output: () => output,
    close: async () => {
      child.kill("SIGKILL");
      await exited;
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      rmSync(taskRoot, { recursive: true, force: true });
    },
  };
}

function described(name: string, body: unknown): Error {
  const { errorType, errorMessage } = body as { readonly errorType?: string; readonly errorMessage?: string };
  return new Error(`${name} failed with ${errorType}: ${errorMessage}`);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
