import { expect, it } from "vitest";
import { createTableInput } from "../../../shared/aws/table-definition.ts";

it("has one key and two indexes of keys only", () => {
  expect(createTableInput("connections")).toMatchObject({
    TableName: "connections",
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "due",
        KeySchema: [{ AttributeName: "due_partition" }, { AttributeName: "due_at" }],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
      {
        IndexName: "by_provider",
        KeySchema: [{ AttributeName: "list_partition" }, { AttributeName: "account" }],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  });
});
