import { CreateTableCommand, ResourceInUseException } from "@aws-sdk/client-dynamodb";
import { CreateAliasCommand, CreateKeyCommand, DescribeKeyCommand, NotFoundException } from "@aws-sdk/client-kms";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
} from "@aws-sdk/client-secrets-manager";
import { dynamoDbClient, kmsClient, secretsManagerClient } from "../../shared/aws/aws-clients.ts";
import { createTableInput } from "../../shared/aws/table-definition.ts";

export type LocalClient = {
  readonly provider: string;
  readonly clientId: string;
  readonly clientSecret: string;
};

/** What a deployment makes of the stack, made on the endpoint that `AWS_ENDPOINT_URL` names. Repeating it changes nothing. */
export async function provisionStack(options: {
  readonly tableName: string;
  readonly keyAlias: string;
  readonly prefix: string;
  readonly clients: readonly LocalClient[];
}): Promise<void> {
  await createTable(options.tableName);
  await createKey(options.keyAlias);
  for (const client of options.clients) await storeClient(options.prefix, client);
}

async function createTable(tableName: string): Promise<void> {
  const client = dynamoDbClient();
  await client.send(new CreateTableCommand(createTableInput(tableName))).catch((error: unknown) => {
    if (!(error instanceof ResourceInUseException)) throw error;
  });
  client.destroy();
}

async function createKey(alias: string): Promise<void> {
  const client = kmsClient();
  try {
    await client.send(new DescribeKeyCommand({ KeyId: alias }));
  } catch (error) {
    if (!(error instanceof NotFoundException)) throw error;
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ Description: "chaveiro: connections' data keys" }),
    );
    await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata?.KeyId }));
  } finally {
    client.destroy();
  }
}

async function storeClient(prefix: string, { provider, clientId, clientSecret }: LocalClient): Promise<void> {
  const client = secretsManagerClient();
  const name = `${prefix}/clients/${provider}`;
  const SecretString = JSON.stringify({ client_id: clientId, client_secret: clientSecret });
  try {
    await client.send(new CreateSecretCommand({ Name: name, SecretString }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    const stored = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (stored.SecretString !== SecretString) {
      await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
    }
  } finally {
    client.destroy();
  }
}
