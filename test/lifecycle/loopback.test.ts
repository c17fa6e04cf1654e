import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, stackClient } from "../support/stack-client.ts";

let stack: LocalStack;
const root = fileURLToPath(new URL("../..", import.meta.url));
const patient = 120_000;
const processes = new Set<ChildProcess>();
const directories: string[] = [];

beforeAll(async () => {
  stack = await startLocalStack({ SWEEP_SECONDS: "3600", SANDBOX_TOKEN_SECONDS: "3600" });
}, 90_000);
afterEach(() => {
  for (const process_ of processes) kill(process_);
  processes.clear();
});
afterAll(async () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  await stack?.dispose();
}, 30_000);

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "chaveiro-loopback-"));
  directories.push(directory);
  return directory;
}

/** The whole group of a process: what `npm start` leaves behind is ended too. */
function kill(process_: ChildProcess): void {
  try {
    if (process_.pid !== undefined) process.kill(-process_.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

type Run = {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Resolves with the exit code once the process has ended. */
  readonly ended: Promise<number | null>;
  readonly dataDirectory: string;
};

/** Starts what `npm start` starts, on any free ports unless `env` names them. */
function run(env: Readonly<Record<string, string>> = {}, command?: readonly string[]): Run {
  const dataDirectory = env["DATA_DIR"] ?? join(newDirectory(), "data");
  const [program = "", ...parameters] = command ?? [process.execPath, "--import", "tsx", "infra/local/start.ts"];
  const child = spawn(program, parameters, {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      PORT: "0",
      AWS_PORT: "0",
      SANDBOX_PORT: "0",
      SWEEP_SECONDS: "3600",
      SANDBOX_TOKEN_SECONDS: "3600",
      DATA_DIR: dataDirectory,
      ...env,
    },
  });
  processes.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { process: child, output: () => output, ended, dataDirectory };
}

/** A module that has the process send itself `signal` while it says that it is ready: no other process is that quick. */
function signalWhenReady(signal: NodeJS.Signals): string {
  const source = `const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text, ...rest) => {
      const written = write(text, ...rest);
      if (String(text).includes("is ready at")) process.kill(process.pid, "${signal}");
      return written;
    };`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

const fresh = [process.execPath, "--import", "tsx", "infra/local/start.ts", "--fresh"];

/** Waits until it is ready, and reads from what it prints where it is. */
async function ready(started: Run): Promise<Pick<LocalStack, "brokerUrl" | "awsUrl" | "sandboxUrl">> {
  const { process: child } = started;
  const isReady = () => /is ready at http/.test(started.output());
  await eventually(() => isReady() || child.exitCode !== null || child.signalCode !== null, 90, "ready");
  if (!isReady()) throw new Error(`npm start ended with ${await started.ended}:\n${started.output()}`);
  const find = (pattern: RegExp) => pattern.exec(started.output())?.[1] ?? "";
  return {
    brokerUrl: find(/ready at (http:\S+)/),
    awsUrl: find(/AWS endpoint +(http:\S+)/),
    sandboxUrl: find(/sandbox +(http:\S+)\/rd-station/),
  };
}

/** The exit code of what should not start at all; `ready` where it did. */
async function outcomeOf(started: Run): Promise<number | null | "ready"> {
  return Promise.race([started.ended, ready(started).then(() => "ready" as const)]);
}

type Reply = { readonly status: number; readonly text: string };

/** `fetch` sets Host and Sec-Fetch-Site by itself. */
function ask(url: string, headers: Readonly<Record<string, string>>, method = "GET", path?: string): Promise<Reply> {
  const { port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path: path ?? pathname + search, headers, agent: false };
    const request = httpRequest(options, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end();
  });
}

/** One URL on each of the three ports. */
const ports = [
  ["broker", () => `${stack.brokerUrl}/healthz`],
  ["AWS endpoint", () => `${stack.awsUrl}/_local/requests`],
  ["sandbox", () => `${stack.sandboxUrl}/_sandbox`],
] as const;

describe.each(ports)("the %s's port", (_, url) => {
  it.each(["127.0.0.1", "localhost", "[::1]", "LOCALHOST", "127.0.0.1:1", "localhost:8788", "[::1]:65535"])(
    "answers to the name %s",
    async (host) => {
      expect((await ask(url(), { host })).status).toBe(200);
    },
  );

  it.each([
    "rebound.example",
    "rebound.example:8788",
    "127.0.0.1.rebound.example",
    "localhost.rebound.example",
    "localhost.",
    "127.0.0.2",
    "127.1",
    "0.0.0.0",
    "2130706433",
    "[::]",
  ])("answers 421 to the name %s", async (host) => {
    const reply = await ask(url(), { host });
    expect(reply.status).toBe(421);
    expect(reply.text).not.toContain("rebound");
  });

  it.each(["[::ffff:127.0.0.1]", "::1", "127.0.0.1:80:80", "127.0.0.1, rebound.example", "a b"])(
    "refuses what is no name of it in any form: %j",
    async (host) => {
      expect([400, 421]).toContain((await ask(url(), { host })).status);
    },
  );

  it("does not answer to a name that is in the request's line alone", async () => {
    const path = url().replace("127.0.0.1", "localhost");
    expect((await ask(url(), { host: "rebound.example" }, "GET", path)).status).toBe(421);
  });

  it("is not there for other machines", async () => {
    const port = Number(new URL(url()).port);
    const addresses = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address !== undefined && !address.internal && address.family === "IPv4");
    for (const address of addresses) await expect(fetch(`http://${address?.address}:${port}/`)).rejects.toThrow();
    if (!existsSync("/proc/net/tcp")) return;
    const listening = ["/proc/net/tcp", "/proc/net/tcp6"]
      .flatMap((file) => readFileSync(file, "utf8").split("\n"))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === "0A" && local?.endsWith(`:${hex(port)}`))
      .map(([, local]) => local?.split(":")[0]);
    expect(listening).toEqual(["0100007F"]);
  });
});

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

describe.each([
  ["Sec-Fetch-Site", "cross-site"],
  ["Sec-Fetch-Site", "same-site"],
  ["Sec-Fetch-Site", ""],
  ["Sec-Fetch-Site", "SAME-ORIGIN"],
  ["Sec-Fetch-Site", "none, cross-site"],
  ["Origin", "https://page.example"],
  ["Origin", "null"],
])("a page with %s: %s", (name, value) => {
  const headers = { host: "127.0.0.1", [name]: value };

  it.each([
    ["GET", "/v1/connections"],
    ["GET", "/v1/connections/rd-station/acme"],
    ["GET", "/v1/connections/rd-station/acme/access-token"],
    ["PUT", "/v1/connections/rd-station/acme"],
    ["POST", "/v1/connections/rd-station/acme/authorization"],
    ["POST", "/v1/connections/rd-station/acme/refresh"],
    ["DELETE", "/v1/connections/rd-station/acme"],
    ["GET", "/v1/nothing"],
    ["GET", "/console/events"],
    ["POST", "/console/connections/rd-station/acme/rejection"],
    ["POST", "/console/connections/itflex/acme/hand-in"],
    ["PUT", "/console/sandbox/rd-station/faults"],
    ["GET", "/%63onsole/events"],
    ["GET", "/%76%31/connections"],
    ["GET", "/%76%31%2Fconnections"],
  ])("does not reach %s %s", async (method, path) => {
    const reply = await ask(stack.brokerUrl, headers, method, path);
    expect([403, 404]).toContain(reply.status);
    if (/^\/(v1|console)/.test(path)) expect(reply.status).toBe(403);
    expect(reply.text).not.toContain("connections");
  });

  it.each(["//v1/connections", "/./v1/connections", "/auth/../v1/connections", "/V1/connections", "/v1//connections"])(
    "does not reach the list by %s",
    async (path) => {
      const reply = await ask(stack.brokerUrl, headers, "GET", path);
      expect([403, 404]).toContain(reply.status);
    },
  );

  it.each(["/_sandbox", "/_sandbox/rd-station/grants", "/%5Fsandbox/rd-station/grants", "/_sandbox/nothing"])(
    "does not reach the sandbox's switches by %s",
    async (path) => {
      expect((await ask(stack.sandboxUrl, headers, "GET", path)).status).toBe(403);
    },
  );

  it.each([
    ["GET", "/_local/requests"],
    ["PUT", "/_local/faults"],
    ["POST", "/"],
  ])("does not reach the AWS endpoint by %s %s", async (method, path) => {
    expect((await ask(stack.awsUrl, headers, method, path)).status).toBe(403);
  });

  it.each([
    ["/auth/rd-station/start?ticket=unknown", 404],
    ["/auth/rd-station/callback?code=a&state=unknown", 400],
    ["/auth/rd-station/result/00000000000000000000000000000000", 404],
    ["/healthz", 200],
    ["/", 200],
  ])("may send a person to %s", async (path, status) => {
    expect((await ask(stack.brokerUrl, headers, "GET", path)).status).toBe(status);
  });
});

describe.each([
  { "x-forwarded-for": "203.0.113.9" },
  { forwarded: 'for="[2001:db8::1]"' },
  { "cf-connecting-ip": "2001:db8::1" },
])("a request that a tunnel passes on: %j", (forwarding) => {
  const headers = { host: "127.0.0.1", ...forwarding };

  it("does not reach /v1, where locally nobody signs anything", async () => {
    expect((await ask(`${stack.brokerUrl}/v1/connections`, headers)).status).toBe(403);
    expect((await ask(`${stack.brokerUrl}/v1/connections/rd-station/acme`, headers, "DELETE")).status).toBe(403);
  });

  it("does not reach what the console shows and does", async () => {
    expect((await ask(`${stack.brokerUrl}/console/events`, headers)).status).toBe(403);
    expect((await ask(`${stack.brokerUrl}/console/sandbox/rd-station/faults`, headers, "PUT")).status).toBe(403);
  });

  it("reaches the browser's routes", async () => {
    expect((await ask(`${stack.brokerUrl}/healthz`, headers)).status).toBe(200);
    expect((await ask(`${stack.brokerUrl}/auth/rd-station/start?ticket=x`, headers)).status).toBe(404);
  });
});

describe.each([
  ["Sec-Fetch-Site", "same-origin"],
  ["Sec-Fetch-Site", "none"],
  ["Origin", "http://localhost"],
])("a request with %s: %s", (name, value) => {
  it("reaches everything", async () => {
    const headers = { host: "localhost", [name]: value };
    expect((await ask(`${stack.brokerUrl}/v1/connections`, headers)).status).toBe(200);
    expect((await ask(`${stack.sandboxUrl}/_sandbox`, headers)).status).toBe(200);
    expect((await ask(`${stack.awsUrl}/_local/requests`, headers)).status).toBe(200);
  });
});

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  /** A process with a refresh under way: the provider has rotated the refresh token, and its answer is late. */
  const refreshing = async () => {
    const started = run();
    const client = stackClient(await ready(started));
    await client.connect("acme");
    await client.sandbox.settings({ rotation: "new-old-dies" });
    await client.sandbox.reset(["counters"]);
    await client.sandbox.faults([{ kind: "delay", endpoint: "token", milliseconds: 1_500, processed: true, times: 1 }]);
    const answer = client.refresh("acme");
    answer.catch(() => {});
    await eventually(async () => (await client.sandbox.counters()).requests["token"]?.total);
    return { started, answer };
  };

  it(
    "ends the process with 0, and a refresh that is under way is not lost",
    async () => {
      const { started } = await refreshing();
      started.process.kill(signal);
      expect(await started.ended).toBe(0);

      const again = run({ DATA_DIR: started.dataDirectory });
      const later = stackClient(await ready(again));
      expect(await later.metadata("acme")).toMatchObject({ status: "active", generation: 2 });
      expect(await later.published("acme")).toMatchObject({ generation: 2 });
      expect(await later.sandbox.grants("acme")).toMatchObject([{ generation: 2, alive: true }]);
      again.process.kill(signal);
      expect(await again.ended).toBe(0);
    },
    patient,
  );

  it(
    "lets an answer that is under way arrive",
    async () => {
      const { started, answer } = await refreshing();
      started.process.kill(signal);
      expect(await answer).toMatchObject({ status: 200, body: { generation: 2 } });
      expect(await started.ended).toBe(0);
    },
    patient,
  );

  it(
    "sent twice ends it once",
    async () => {
      const started = run();
      await ready(started);
      started.process.kill(signal);
      started.process.kill(signal);
      expect(await started.ended).toBe(0);
    },
    patient,
  );

  it(
    "sent the moment it says that it is ready ends it with 0",
    async () => {
      const started = run({ NODE_OPTIONS: `--import ${signalWhenReady(signal)}` });
      expect(await started.ended).toBe(0);
      expect(started.output()).toContain("chaveiro is ready");
    },
    patient,
  );

  it(
    "sent to npm ends everything that `npm start` started",
    async () => {
      const started = run({}, ["npm", "start"]);
      const { brokerUrl } = await ready(started);
      started.process.kill(signal);
      await eventually(
        () =>
          fetch(`${brokerUrl}/healthz`).then(
            () => false,
            () => true,
          ),
        15,
        "the broker's port is closed",
      );
      expect(await started.ended).toBe(0);
    },
    patient,
  );
});

describe("a port that is in use", () => {
  it.each(["PORT", "AWS_PORT", "SANDBOX_PORT"])(
    "is named with its setting: %s",
    async (setting) => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const started = run({ [setting]: String(port) });
      expect(await outcomeOf(started)).toBe(1);
      expect(started.output()).toContain(String(port));
      expect(started.output()).toMatch(new RegExp(`\\b${setting}\\b`));
      expectOneSentence(started.output());
      server.close();
    },
    patient,
  );

  it(
    "keeps --fresh from emptying what another process is working on",
    async () => {
      const started = run();
      const where = await ready(started);
      await stackClient(where).connect("acme");
      const ofRunning = { DATA_DIR: started.dataDirectory, PORT: new URL(where.brokerUrl).port };
      const second = run({ ...ofRunning, AWS_PORT: new URL(where.awsUrl).port }, fresh);
      expect(await outcomeOf(second)).toBe(1);
      const third = run(ofRunning, fresh);
      expect(await outcomeOf(third)).toBe(1);

      started.process.kill("SIGKILL");
      await started.ended;
      const again = run({ DATA_DIR: started.dataDirectory });
      expect(await stackClient(await ready(again)).metadata("acme")).toMatchObject({ status: "active" });
    },
    patient,
  );
});

/** No stack, no inspected object: what a person needs and nothing else. */
function expectOneSentence(output: string): void {
  expect(output.trim()).not.toMatch(/^\s+at |node:internal|\{$/m);
  expect(output.trim().split("\n")).toHaveLength(1);
}

describe("a setting that is malformed", () => {
  it.each([
    ["PORT", "banana"],
    ["AWS_PORT", "70000"],
    ["SANDBOX_PORT", "-1"],
    ["SWEEP_SECONDS", "0"],
    ["SANDBOX_TOKEN_SECONDS", "soon"],
    ["LOG_LEVEL", "LOUD"],
    ["PUBLIC_URL", "broker.example"],
    ["PUBLIC_URL", "javascript:alert(1)"],
    ["INSTALL_URL", "javascript:alert(1)"],
    ["PREFIX", "a b"],
    ["RETURN_TO_ORIGINS", "app.example"],
  ])(
    "is named: %s=%s",
    async (name, value) => {
      const started = run({ [name]: value });
      expect(await outcomeOf(started)).toBe(1);
      expect(started.output()).toContain(name);
      expectOneSentence(started.output());
    },
    patient,
  );
});

describe("the data directory", () => {
  it(
    "is refused where it holds what is not ours, with --fresh too, and nothing in it is touched",
    async () => {
      const foreign = newDirectory();
      mkdirSync(join(foreign, "photos"));
      writeFileSync(join(foreign, "photos", "a.jpg"), "a");
      for (const command of [undefined, fresh]) {
        const started = run({ DATA_DIR: foreign }, command);
        expect(await outcomeOf(started)).toBe(1);
        expect(started.output()).toContain("DATA_DIR");
        expect(started.output()).toContain(foreign);
        expectOneSentence(started.output());
      }
      expect(readdirSync(foreign)).toEqual(["photos"]);
      expect(readFileSync(join(foreign, "photos", "a.jpg"), "utf8")).toBe("a");
    },
    patient,
  );

  it(
    "is emptied by --fresh, and what is beside it stays",
    async () => {
      const parent = newDirectory();
      writeFileSync(join(parent, "beside.txt"), "kept");
      const DATA_DIR = join(parent, "data");
      const first = run({ DATA_DIR });
      await stackClient(await ready(first)).connect("acme");
      first.process.kill("SIGTERM");
      await first.ended;
      const second = run({ DATA_DIR }, fresh);
      const client = stackClient(await ready(second));
      expect((await client.call("GET", "/v1/connections")).body).toEqual({ connections: [], next_cursor: null });
      expect(await client.sandbox.grants()).toEqual([]);
      expect(readFileSync(join(parent, "beside.txt"), "utf8")).toBe("kept");
    },
    patient,
  );
});

describe("the AWS account that a shell is signed in to", () => {
  it(
    "is never used",
    async () => {
      const reached: string[] = [];
      const spy = createServer((request, response) => {
        reached.push(`${request.method} ${request.url}`);
        response.writeHead(500).end();
      }).listen(0, "127.0.0.1");
      await once(spy, "listening");
      const elsewhere = `http://127.0.0.1:${(spy.address() as AddressInfo).port}`;
      const home = newDirectory();
      const asked = join(home, "asked");
      const files = {
        AWS_CONFIG_FILE: write(
          home,
          "config",
          `[default]
region = sa-east-1
endpoint_url = ${elsewhere}
services = elsewhere
credential_process = sh -c "touch ${asked}; exit 1"
[profile work]
region = sa-east-1
endpoint_url = ${elsewhere}
services = elsewhere
credential_process = sh -c "touch ${asked}; exit 1"
[services elsewhere]
dynamodb =
  endpoint_url = ${elsewhere}
kms =
  endpoint_url = ${elsewhere}
secrets_manager =
  endpoint_url = ${elsewhere}
eventbridge =
  endpoint_url = ${elsewhere}
`,
        ),
        AWS_SHARED_CREDENTIALS_FILE: write(
          home,
          "credentials",
          "[default]\naws_access_key_id = A\naws_secret_access_key = B\n",
        ),
        AWS_WEB_IDENTITY_TOKEN_FILE: write(home, "token", "token"),
      };
      const started = run({
        ...files,
        HOME: home,
        AWS_PROFILE: "work",
        AWS_DEFAULT_PROFILE: "work",
        AWS_REGION: "sa-east-1",
        AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "example",
        AWS_SESSION_TOKEN: "example",
        AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/example",
        AWS_ENDPOINT_URL: elsewhere,
        AWS_ENDPOINT_URL_DYNAMODB: elsewhere,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: elsewhere,
        AWS_ENDPOINT_URL_KMS: elsewhere,
        AWS_ENDPOINT_URL_EVENTBRIDGE: elsewhere,
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false",
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${elsewhere}/credentials`,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: elsewhere,
        AWS_USE_FIPS_ENDPOINT: "true",
        AWS_USE_DUALSTACK_ENDPOINT: "true",
        TABLE_NAME: "production",
        KEY_ID: "alias/production",
        EVENT_BUS_NAME: "production",
      });
      const client = stackClient(await ready(started));
      await client.connect("acme");
      await client.refresh("acme");
      expect((await client.published("acme"))?.generation).toBe(2);
      expect(await client.events("acme")).not.toEqual([]);
      await client.revoke("acme");
      expect(reached).toEqual([]);
      expect(existsSync(asked)).toBe(false);
      expect(started.output()).not.toMatch(/AKIAEXAMPLE|sa-east-1/);
      spy.close();
    },
    patient,
  );
});

/** Writes a file below `home/.aws`. @returns its path */
function write(home: string, name: string, text: string): string {
  mkdirSync(join(home, ".aws"), { recursive: true });
  writeFileSync(join(home, ".aws", name), text);
  return join(home, ".aws", name);
}
