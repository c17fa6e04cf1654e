import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/* What a function that hands out an access token asks of AWS, with the same clients and nothing around them. */

const dynamoDb = new DynamoDBClient();
const kms = new KMSClient();
export const unused = [new SecretsManagerClient(), new EventBridgeClient()];

export async function handler(event: { readonly pathParameters: Readonly<Record<string, string>> }) {
  const { provider, account } = event.pathParameters;
  const id = `${provider}/${account}`;
  const { Item } = await dynamoDb.send(
    new GetItemCommand({
      TableName: process.env["TABLE_NAME"],
      Key: { pk: { S: `connection#${id}` } },
      ConsistentRead: true,
    }),
  );
  const dataKey = Item?.["tokens"]?.M?.["data_key"]?.S ?? "";
  const { Plaintext } = await kms.send(
    new DecryptCommand({
      KeyId: process.env["KEY_ID"],
      CiphertextBlob: Buffer.from(dataKey, "base64"),
      EncryptionContext: { "chaveiro:connection": id },
    }),
  );
  return { statusCode: Plaintext === undefined ? 500 : 200 };
}
