import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { dynamoDbAuthorizationStore } from "../../../shared/aws/dynamodb-authorization-store.ts";
import type { AuthorizationRequest, Ticket } from "../../../shared/broker/authorization.ts";
import type { AuthorizationStore } from "../../../shared/broker/ports.ts";
import { createTable, type LocalAwsHost, startLocalAws } from "../../contracts/aws-host.ts";

let host: LocalAwsHost;
let tableName: string;
let store: AuthorizationStore;
beforeAll(async () => {
  host = await startLocalAws();
  tableName = await createTable(host);
  store = dynamoDbAuthorizationStore({ client: host.dynamoDb, tableName });
});
afterEach(() => host.setFaults([]));
afterAll(() => host.close());

const issuedAt = Date.UTC(2026, 10, 21, 18, 0, 0, 1);
const ticket: Ticket = {
  hash: "0123abcd",
  provider: "rd-station",
  account: "acme",
  issuedAt,
  expiresAt: issuedAt + 3_600_000,
  returnTo: null,
  allowOtherAccount: false,
  spentAt: null,
  open: [],
};
const request: AuthorizationRequest = {
  reference: "4567ef",
  provider: "rd-station",
  account: "acme",
  ticketHash: ticket.hash,
  ticketIssuedAt: issuedAt,
  bindingHash: "89ab",
  returnTo: null,
  allowOtherAccount: false,
  expiresAt: issuedAt + 600_000,
  taken: null,
  outcome: null,
};

async function itemOf(pk: string) {
  const Key = { pk: { S: pk } };
  return (await host.dynamoDb.send(new GetItemCommand({ TableName: tableName, Key }))).Item;
}

/** The next request is done and its answer lost. */
const loseReply = (operation: string) => host.setFaults([{ service: "dynamodb", operation, after: true }]);

it("keeps a ticket for a day after it has expired", async () => {
  await store.createTicket(ticket);
  const dayLater = Math.ceil((ticket.expiresAt + 86_400_000) / 1000);
  expect(await itemOf("ticket#0123abcd")).toMatchObject({ ttl: { N: String(dayLater) }, open: { S: "" } });
});

it("keeps a request for as long as its result can be looked at", async () => {
  await store.createRequest(request);
  const opened = request.expiresAt - 10 * 60_000;
  const goneAt = Math.ceil((opened + 24 * 60 * 60_000) / 1000);
  expect(await itemOf("request#4567ef")).toMatchObject({ ttl: { N: String(goneAt) } });
});

it("creates although a reply was lost", async () => {
  await loseReply("PutItem");
  await store.createTicket({ ...ticket, hash: "lost" });
  expect(await store.readTicket("lost")).toEqual({ ...ticket, hash: "lost" });
});

it("knows its own take again when the reply was lost", async () => {
  await store.createRequest({ ...request, reference: "lost" });
  await loseReply("UpdateItem");
  expect(await store.takeRequest("lost", "callback-1", 5)).toBe(true);
  expect(await store.takeRequest("lost", "callback-2", 6)).toBe(false);
});

it("makes one request for everything but a take that was not the first", async () => {
  const count = (work: () => Promise<unknown>) => host.countRequests(work);
  await store.createRequest({ ...request, reference: "counted" });
  expect(await count(() => store.takeRequest("counted", "callback-1", 5))).toEqual({ "dynamodb.UpdateItem": 1 });
  expect(await count(() => store.takeRequest("counted", "callback-2", 5))).toEqual({
    "dynamodb.UpdateItem": 1,
    "dynamodb.GetItem": 1,
  });
  expect(await count(() => store.finishRequest("counted", { result: "declined" }))).toEqual({
    "dynamodb.UpdateItem": 1,
  });
});

it("passes other errors on", async () => {
  const nowhere = dynamoDbAuthorizationStore({ client: host.dynamoDb, tableName: "no-such-table" });
  await expect(nowhere.createTicket(ticket)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await expect(nowhere.takeRequest("lost", "callback-1", 5)).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});
