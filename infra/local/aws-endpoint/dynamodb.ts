import { createRequire } from "node:module";
import type { Store } from "dynalite/db/index.js";
import { AwsError } from "./aws-error.ts";
import type { AwsOperation, AwsService, JsonObject } from "./aws-service.ts";

const operationNames = [
  "BatchGetItem",
  "BatchWriteItem",
  "CreateTable",
  "DeleteItem",
  "DeleteTable",
  "DescribeTable",
  "DescribeTimeToLive",
  "GetItem",
  "ListTables",
  "ListTagsOfResource",
  "PutItem",
  "Query",
  "Scan",
  "TagResource",
  "UntagResource",
  "UpdateItem",
  "UpdateTable",
] as const;

type DynaliteError = Error & { readonly statusCode?: number; readonly body?: JsonObject };

type DynaliteAction = (
  store: Store,
  input: JsonObject,
  done: (error: DynaliteError | null | undefined, answer: JsonObject) => void,
) => void;

type DynaliteValidation = { readonly types: JsonObject; readonly custom?: unknown };

type DynaliteValidations = {
  checkTypes(input: JsonObject, types: JsonObject): JsonObject;
  checkValidations(input: JsonObject, types: JsonObject, custom: unknown, store: Store): void;
};

const requireDynalite = createRequire(import.meta.url);

/**
 * Makes the DynamoDB service of dynalite's validations and actions.
 *
 * They are called directly and not through dynalite's HTTP server: that one ends the process when a client hangs up
 * while it sends, and keeps its store to itself, which the repair of indexes needs.
 */
export function createDynamoDb(store: Store): AwsService {
  return {
    name: "dynamodb",
    target: "DynamoDB_20120810",
    bodyLimit: 16 * 1024 * 1024,
    operations: new Map(operationNames.map((name) => [name, operation(store, name)])),
  };
}

function operation(store: Store, name: string): AwsOperation {
  const file = name.charAt(0).toLowerCase() + name.slice(1);
  const validations: DynaliteValidations = requireDynalite("dynalite/validations/index.js");
  const validation: DynaliteValidation = requireDynalite(`dynalite/validations/${file}.js`);
  const action: DynaliteAction = requireDynalite(`dynalite/actions/${file}.js`);
  return (input) =>
    new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(refusal(error));
      try {
        const checked = validations.checkTypes(input, validation.types);
        validations.checkValidations(checked, validation.types, validation.custom, store);
        action(store, checked, (error, answer) => (error ? fail(error) : resolve(answer)));
      } catch (error) {
        fail(error);
      }
    });
}

/** dynalite's refusals carry the body as DynamoDB sends it; anything else is a fault of its own. */
function refusal(error: unknown): unknown {
  const { statusCode, body } = error as DynaliteError;
  if (statusCode === undefined || body === undefined) return error;
  return new AwsError(String(body["__type"]), statusCode, body);
}
