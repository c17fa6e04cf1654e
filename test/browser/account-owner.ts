import { createHash } from "node:crypto";
import { DynamoDBClient, UpdateItemCommand, type UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import type { Page as Tab } from "playwright-core";
import { requestKey, ticketKey } from "../../shared/aws/authorization-item.ts";
import type { LocalStack } from "../support/local-stack.ts";

/** Picks an account on the provider's approval page and authorizes it, with the mouse. */
export async function approve(tab: Tab, account: string): Promise<void> {
  await tab.getByRole("radio", { name: account }).check();
  await tab.getByRole("button", { name: "Autorizar" }).click();
}

/** Authorizes and stops in front of the callback. @returns its URL, which nobody has opened yet */
export async function approveWithoutReturning(tab: Tab, account: string): Promise<string> {
  const dialog = "**/auth/dialog";
  const answered = new Promise<string>((resolve) => {
    void tab.route(dialog, async (route) => {
      const answer = await route.fetch({ maxRedirects: 0 });
      resolve(answer.headers()["location"] ?? "");
      await route.fulfill({ status: 204 });
    });
  });
  await approve(tab, account);
  const url = await answered;
  await tab.unroute(dialog);
  return url;
}

/** The lines of a stack's log that carry the reference that a page shows. */
export async function linesAbout(stack: LocalStack, tab: Tab): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const shown = (await tab.locator("code").textContent()) ?? "";
  if (!/^[0-9a-f]{8}$/.test(shown)) throw new Error(`The page shows no reference: ${shown}`);
  const lines = stack
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  const entries = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return entries.filter(({ reference }) => String(reference).startsWith(shown));
}

/** The time of a ticket is over. */
export async function expireTicket(stack: LocalStack, link: string): Promise<void> {
  const ticket = new URL(link).searchParams.get("ticket") ?? "";
  await change(stack, {
    Key: ticketKey(createHash("sha256").update(ticket).digest("hex")),
    UpdateExpression: "SET expires_at = :past",
    ConditionExpression: "attribute_exists(expires_at)",
    ExpressionAttributeValues: { ":past": { N: String(Date.now() - 1) } },
  });
}

/** A callback has taken an authorization request and has not ended so far. `at`: since when, in epoch milliseconds. */
export async function takeRequest(stack: LocalStack, reference: string, at: number): Promise<void> {
  await change(stack, {
    Key: requestKey(reference),
    UpdateExpression: "SET taken = :taken",
    ConditionExpression: "attribute_exists(expires_at)",
    ExpressionAttributeValues: { ":taken": { M: { by: { S: "nobody" }, at: { N: String(at) } } } },
  });
}

async function change(stack: LocalStack, input: Omit<UpdateItemCommandInput, "TableName">): Promise<void> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const table = new DynamoDBClient({ endpoint: stack.awsUrl, region: "us-east-1", credentials });
  await table.send(new UpdateItemCommand({ TableName: "chaveiro", ...input }));
  table.destroy();
}
