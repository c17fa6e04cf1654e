import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { SecretVersions } from "./versioned-publisher.ts";

const description =
  "The current access token of a connection. chaveiro writes it; see its documentation before you do.";

/** The versions of secrets in Secrets Manager. */
export function secretVersions(client: SecretsManagerClient): SecretVersions {
  return {
    async readCurrent(name) {
      try {
        const input = { SecretId: name, VersionStage: "AWSCURRENT" };
        const { VersionId, SecretString } = await client.send(new GetSecretValueCommand(input));
        return { versionId: VersionId, text: SecretString };
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    async create(name, { text, token }) {
      const version = { SecretString: text, ClientRequestToken: token };
      await client.send(new CreateSecretCommand({ Name: name, Description: description, ...version }));
    },
    async putPending(name, { text, token }) {
      const version = { SecretString: text, ClientRequestToken: token, VersionStages: ["AWSPENDING"] };
      const { VersionId } = await client.send(new PutSecretValueCommand({ SecretId: name, ...version }));
      return VersionId;
    },
    async moveCurrent(name, { from, to }) {
      const move = { VersionStage: "AWSCURRENT", MoveToVersionId: to, RemoveFromVersionId: from };
      await client.send(new UpdateSecretVersionStageCommand({ SecretId: name, ...move }));
    },
  };
}
