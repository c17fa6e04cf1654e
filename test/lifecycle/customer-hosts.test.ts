import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTlsHost, type TlsHost, testAuthority } from "../shared/runtime/customer-origin/tls-host.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";

/*
 * Customers' own hosts as a deployed broker meets them: by name, over TLS, and without the loopback origins that `npm start`
 * allows. The names lead where test/support/scripted-internet.ts says.
 */

const publicAddress = "93.184.215.14";
const metadataService = "169.254.169.254";
const deployed = { ALLOW_LOOPBACK_ORIGINS: "false" };

/** What name servers answer, look-up by look-up. */
const internetNames = {
  "acme.example.com": [[publicAddress], [publicAddress], [metadataService], [publicAddress]],
  "other.example.com": [[publicAddress]],
  "this-machine.example.com": [["127.0.0.1"]],
  "metadata.example.com": [[metadataService]],
  "mapped.example.com": [["::ffff:127.0.0.1"]],
  "mixed.example.com": [[publicAddress, "127.0.0.1"]],
};

let host: TlsHost;
let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  host = await startTlsHost((response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ refresh_token: "the-key", access_token: "a-token", expires_in: 900 }));
  });
  stack = await startLocalStack({
    NODE_OPTIONS: "--import tsx --import ./test/support/scripted-internet.ts",
    INTERNET_NAMES: JSON.stringify(internetNames),
    CUSTOMER_PORTS: `8443,${host.port}`,
    CUSTOMER_AUTHORITIES: testAuthority,
    SWEEP_SECONDS: "86400",
  });
  client = stackClient(stack, "itflex");
}, 90_000);

afterAll(async () => {
  await stack?.dispose();
  await host?.close();
});

const at = (name: string) => `https://${name}:${host.port}`;
const count = (line: string) => stack.output().split(line).length - 1;
const lookedUp = (name: string) => count(`internet: looked up ${name}\n`);
const connectedTo = (address: string) => count(`internet: connected to ${address}\n`);

describe("a connection that was made on loopback", { timeout: 120_000 }, () => {
  it("is not refreshed there any more once loopback origins are not allowed, beside whatever provider it is", async () => {
    const { refresh_token, origin = "" } = await client.sandbox.handOut("beside");
    const besideOthers = origin.replace("127.0.0.1", "localhost");
    expect(besideOthers).toContain(stack.sandboxUrl);
    expect(await client.put("beside", refresh_token, besideOthers)).toMatchObject({ status: 201 });

    await stack.stop();
    await stack.start(deployed);
    expect(await client.refresh("beside")).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect((await client.sandbox.counters()).requests["token"]).toBeUndefined();
    expect(await client.metadata("beside")).toMatchObject({ status: "degraded", generation: 1 });
  });
});

describe("a customer's host", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    await stack.stop();
    await stack.start(deployed);
  });

  it.each([
    ["this-machine.example.com"],
    ["metadata.example.com"],
    ["mapped.example.com"],
    ["mixed.example.com"],
  ] as const)("is not connected to where its name leads to what is not public: %s", async (name) => {
    const before = { connections: host.connections.length, public: connectedTo(publicAddress) };
    const answer = await client.put("hostile", "the-key", at(name));
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(answer.body.detail).toContain("address that is not on the internet");
    expect(lookedUp(name)).toBe(1);
    expect(host.connections).toHaveLength(before.connections);
    expect(connectedTo(publicAddress)).toBe(before.public);
    for (const address of [metadataService, "127.0.0.1", "::ffff:127.0.0.1"]) expect(connectedTo(address)).toBe(0);
    expect((await client.call("GET", "/v1/connections/itflex/hostile")).status).toBe(404);
  });

  it("is reached on an allowed port, with a certificate of an authority of one's own, and looked up each time", async () => {
    const connected = await client.put("acme", "the-key", at("acme.example.com"));
    expect(connected).toMatchObject({ status: 201, body: { origin: at("acme.example.com"), generation: 1 } });
    expect(await client.refresh("acme")).toMatchObject({ status: 200, body: { generation: 2 } });
    expect([lookedUp("acme.example.com"), connectedTo(publicAddress)]).toEqual([2, 2]);

    expect(await client.refresh("acme")).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect([lookedUp("acme.example.com"), connectedTo(publicAddress), connectedTo(metadataService)]).toEqual([3, 2, 0]);

    expect(await client.refresh("acme")).toMatchObject({ status: 200, body: { status: "active", generation: 3 } });
    expect(host.requests.map(({ url, serverName }) => [url, serverName])).toEqual(
      Array(3).fill(["/api/v1/oauth2/token", "acme.example.com"]),
    );
  });

  it("is refused on any other port", async () => {
    const answer = await client.put("port", "the-key", "https://acme.example.com:8444");
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(answer.body.detail).toContain("port");
  });

  it("has sent nothing where its certificate is another's, and is told so", async () => {
    const before = host.requests.length;
    const answer = await client.put("other", "the-key", at("other.example.com"));
    expect(answer).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect(answer.body.detail).toContain("certificate was refused (ERR_TLS_CERT_ALTNAME_INVALID)");
    expect(host.requests).toHaveLength(before);
    expect((await client.call("GET", "/v1/connections/itflex/other")).status).toBe(404);
  });

  it("is not believed any more without the authority", async () => {
    await stack.stop();
    await stack.start({ ...deployed, CUSTOMER_AUTHORITIES: "", CUSTOMER_PORTS: String(host.port) });
    const before = host.requests.length;
    expect(await client.refresh("acme")).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect(host.requests).toHaveLength(before);
    expect(stack.output()).toContain('"provider_reason":"UNABLE_TO_VERIFY_LEAF_SIGNATURE"');
  });
});
