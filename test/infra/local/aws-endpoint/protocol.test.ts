import { request } from "node:http";
import { connect } from "node:net";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";

let endpoint: AwsEndpoint;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
});
afterAll(() => endpoint.close());

const signed = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=any/20261121/sa-east-1/any/aws4_request, SignedHeaders=host, Signature=any",
};

async function post(target: string, body: string, headers: Record<string, string> = signed) {
  const response = await fetch(endpoint.url, {
    method: "POST",
    body,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target, ...headers },
  });
  return { response, body: (await response.json()) as Record<string, unknown> };
}

/** Unlike fetch, lets a test choose the Host header. */
function statusFor(headers: Record<string, string>, path = "/"): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ port: endpoint.port, host: "127.0.0.1", path, headers, method: "GET" }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    })
      .once("error", reject)
      .end();
  });
}

describe("the local AWS protocol", () => {
  it("answers errors as AWS JSON, with a request id", async () => {
    const { response, body } = await post("secretsmanager.GetSecretValue", '{"SecretId":"nothing"}');
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/x-amz-json-1.1");
    expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(body).toEqual({
      __type: "ResourceNotFoundException",
      Message: "Secrets Manager can't find the specified secret.",
    });
    const kms = await post("TrentService.DescribeKey", '{"KeyId":"nothing"}');
    expect(kms.body).toEqual({ __type: "NotFoundException", message: "Invalid keyId 'nothing'" });
    const ten = await post("DynamoDB_20120810.ListTables", "{}", {
      ...signed,
      "content-type": "application/x-amz-json-1.0",
    });
    expect(ten.response.headers.get("content-type")).toBe("application/x-amz-json-1.0");
  });

  it("gives the SDK an exception it knows, with the service's message", async () => {
    const { secretsManager } = awsClients(endpoint.url);
    await expect(secretsManager.send(new GetSecretValueCommand({ SecretId: "nothing" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Secrets Manager can't find the specified secret.",
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it("knows no other operations", async () => {
    const targets = ["secretsmanager.RotateSecret", "AmazonSQS.ListQueues", "secretsmanager.constructor", ""];
    for (const target of targets) {
      const { response, body } = await post(target, "{}");
      expect([response.status, body["__type"]]).toEqual([400, "UnknownOperationException"]);
    }
  });

  it("wants a JSON object", async () => {
    for (const text of ["", "{", "[]", "null", '"text"']) {
      const { response, body } = await post("secretsmanager.ListSecrets", text);
      expect([response.status, body["__type"]]).toEqual([400, "SerializationException"]);
    }
    const { body } = await post("secretsmanager.GetSecretValue", '{"SecretId":5}');
    expect(body["__type"]).toBe("SerializationException");
  });

  it("names the member that is missing, too short or too long, and not its value", async () => {
    const missing = await post("secretsmanager.GetSecretValue", "{}");
    expect(missing.body).toMatchObject({
      __type: "ValidationException",
      message: "1 validation error detected: Value at 'secretId' failed to satisfy constraint: Member must not be null",
    });
    const long = JSON.stringify({
      SecretId: "x",
      Name: "x",
      SecretString: "hidden".repeat(20_000),
      ClientRequestToken: "t".repeat(32),
    });
    const { body } = await post("secretsmanager.CreateSecret", long);
    expect(body["__type"]).toBe("ValidationException");
    expect(JSON.stringify(body)).not.toContain("hidden");
  });

  it("wants a token from whoever does not use an SDK", async () => {
    const { body } = await post("secretsmanager.CreateSecret", '{"Name":"x","SecretString":"y"}');
    expect(body).toEqual({
      __type: "InvalidRequestException",
      Message: "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
    });
  });

  it("wants a signature, whichever", async () => {
    const { response, body } = await post("secretsmanager.ListSecrets", "{}", {});
    expect([response.status, body["__type"]]).toEqual([400, "MissingAuthenticationTokenException"]);
  });

  it("refuses a body above the service's limit and stays usable", async () => {
    const { response, body } = await post("TrentService.Encrypt", "x".repeat(300 * 1024));
    expect([response.status, body["__type"]]).toEqual([413, "RequestEntityTooLargeException"]);
    expect((await post("secretsmanager.ListSecrets", "{}")).response.status).toBe(200);
  });

  it("refuses foreign host names and other sites' pages everywhere", async () => {
    for (const path of ["/", "/_local/events"]) {
      expect(await statusFor({ host: "evil.example" }, path)).toBe(421);
      expect(await statusFor({ "sec-fetch-site": "cross-site" }, path)).toBe(403);
    }
    expect(await statusFor({ host: `localhost:${endpoint.port}` }, "/_local/events")).toBe(200);
  });

  it("survives a client that hangs up in the middle of its request", async () => {
    for (const target of ["DynamoDB_20120810.PutItem", "secretsmanager.PutSecretValue"]) {
      const socket = connect(endpoint.port, "127.0.0.1");
      const head = ["POST / HTTP/1.1", "Host: 127.0.0.1", `X-Amz-Target: ${target}`, "Content-Length: 1000", "", "{"];
      await new Promise<void>((written) => socket.write(head.join("\r\n"), () => written()));
      socket.destroy();
    }
    expect((await post("secretsmanager.ListSecrets", "{}")).response.status).toBe(200);
  });

  it("closes although a client is still sending, and another has sent nothing", async () => {
    const closing = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
    const sockets = [connect(closing.port, "127.0.0.1"), connect(closing.port, "127.0.0.1")];
    for (const socket of sockets) socket.on("error", () => {});
    const head = [
      "POST / HTTP/1.1",
      "Host: 127.0.0.1",
      "X-Amz-Target: TrentService.Encrypt",
      "Content-Length: 9",
      "",
      "",
    ];
    await new Promise<void>((written) => sockets[0]?.write(head.join("\r\n"), () => written()));
    const started = Date.now();
    await closing.close();
    expect(Date.now() - started).toBeLessThan(5000);
    for (const socket of sockets) socket.destroy();
  });

  it("says that its port is taken", async () => {
    await expect(startAwsEndpoint({ port: endpoint.port, dataDirectory: undefined })).rejects.toThrow(
      `Port ${endpoint.port} cannot be listened on.`,
    );
  });
});
