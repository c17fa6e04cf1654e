import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dynamoDbClient, secretsManagerClient } from "../../shared/aws/aws-clients.ts";
import { clientOptions } from "../contracts/aws-host.ts";
import { currentValue } from "../contracts/aws-ports.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";
import { hasTerminals, startInTerminal } from "./command-process.ts";

// Each command is a process of its own, which takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const suite = () => {
  let stack: LocalStack;
  let broker: StackClient;
  beforeAll(async () => {
    stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
    broker = stackClient(stack);
    await broker.connect("acme", "Acme Ltda");
  }, 90_000);
  afterAll(() => stack.dispose());

  const here = () => ({ CHAVEIRO_URL: stack.brokerUrl, AWS_ENDPOINT_URL: stack.awsUrl });
  const chaveiro = (...args: readonly string[]) => startInTerminal(args, here());
  const colour = "\x1b[3";

  it("asks for the client's id, and for its secret without showing it", async () => {
    const running = chaveiro("client", "set", "rd-station-crm", "--prefix", "asked");
    await running.until("Client id: ");
    running.type("the-id\r");
    await running.until("Client secret (not shown): ");
    // Typed wrong, taken back, typed again: backspace, an arrow key, and the whole line erased.
    running.type("wrong\x15s3crex\x7ft-1\x1b[D\r");
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining("asked/clients/rd-station-crm (created)")]);
    for (const shown of ["wrong", "s3cre", "t-1"]) expect(stdout).not.toContain(shown);
    const stored = await currentValue(
      secretsManagerClient(clientOptions(stack.awsUrl)),
      "asked/clients/rd-station-crm",
    );
    expect(stored).toEqual({ client_id: "the-id", client_secret: "s3cret-1" });
  });

  it("takes a refresh token that is typed, and shows how far it is", async () => {
    const token = await broker.sandbox.refreshToken("Digitada");
    const running = chaveiro("import", "rd-station/digitada");
    await running.until("Refresh token (not shown): ");
    running.type(`${token}\r`);
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining("rd-station/digitada is connected: active, generation 1."),
    ]);
    expect(stdout).toContain("The broker redeems it…");
    expect(stdout).not.toContain(token);
  });

  it.each(["Client id: ", "Client secret (not shown): "])("ends at Ctrl-C where it asks: %s", async (question) => {
    const args = question.startsWith("Client id") ? [] : ["--client-id", "x"];
    const running = chaveiro("client", "set", "rd-station", ...args);
    await running.until(question);
    running.type("half\x03");
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([130, expect.stringContaining("[interrupted]")]);
  });

  it("shows colours, and none where NO_COLOR or a dumb terminal is in the way", async () => {
    expect((await chaveiro("list").ended).stdout).toContain(`${colour}2mactive`);
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
      const { stdout } = await startInTerminal(["list"], { ...here(), ...env }).ended;
      expect(stdout).toContain("active");
      expect(stdout).not.toContain(colour);
    }
  });

  it("draws the table again and again, and leaves it at Ctrl-C", async () => {
    const running = chaveiro("watch", "--every", "0.2");
    await running.until("Ctrl-C ends");
    await broker.refresh("acme");
    await running.until(/Acme Ltda +.*active.* +2 /);
    running.type("\x03");
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(stdout.split("\x1b[H\x1b[J").length).toBeGreaterThan(2);
  });

  it("prints changes instead where a terminal cannot be drawn on, and says where there is nothing to draw", async () => {
    const dumb = startInTerminal(["watch", "--every", "0.2"], { ...here(), TERM: "dumb" });
    await dumb.until(/rd-station\/acme .*generation \d/);
    dumb.type("\x03");
    expect((await dumb.ended).stdout).not.toContain("\x1b");
    const empty = chaveiro("watch", "--every", "0.2", "--provider", "itflex");
    await empty.until("There are no such connections so far.");
    empty.type("\x03");
    expect((await empty.ended).stdout).not.toContain("GENERATION");
  });

  it("counts down while it waits for a connection", async () => {
    const running = chaveiro("connect", "rd-station/esperada", "--expires-in", "60");
    await running.until(/5\d s left until rd-station\/esperada/);
    running.type("\x03");
    expect((await running.ended).code).toBe(130);
  });

  it("asks before all that is revoked is purged, and purges nothing unless somebody agrees", async () => {
    await broker.connect("velha");
    await broker.revoke("velha", { force: true });
    const running = chaveiro("purge", "--all");
    await running.until("Purge what is left of 1 revoked connection?");
    running.type("\r");
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([2, expect.stringContaining("Nothing was purged.")]);
    expect(await broker.published("velha")).toHaveProperty("revoked_at");
  });

  it("obeys nothing that a label says to a terminal", async () => {
    const client = dynamoDbClient(clientOptions(stack.awsUrl));
    await client.send(
      new UpdateItemCommand({
        TableName: "chaveiro",
        Key: { pk: { S: "connection#rd-station/acme" } },
        UpdateExpression: "SET label = :label",
        ExpressionAttributeValues: { ":label": { S: "A\u202eB\u009b31mC\x1b]0;D\x07" } },
      }),
    );
    client.destroy();
    for (const args of [["show", "rd-station/acme"], ["list"], ["list", "--json"]]) {
      const { stdout } = await startInTerminal(args, { ...here(), NO_COLOR: "1" }).ended;
      expect(stdout).toContain("31mC");
      for (const control of ["\u202e", "\u009b", "\x1b]", "\x07"]) expect(stdout).not.toContain(control);
    }
  });
};

if (hasTerminals) describe("in a terminal", suite);
// A terminal cannot be had from Node alone; where script is missing, the report says so.
else it.skip("util-linux' script is not on PATH: prompts and colours were not tested in a terminal", () => {});
