import {
  DeleteSecretCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { SecretRemoval } from "../broker/ports.ts";

/** The least that Secrets Manager allows. It only matters where the second step never comes. */
const recoveryDays = 7;

/**
 * Deleting published secrets.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
 */
export function secretsManagerRemoval(client: SecretsManagerClient): SecretRemoval {
  return {
    async schedule(name) {
      try {
        await client.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: recoveryDays }));
        return true;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return false;
        // It is scheduled already.
        if (error instanceof InvalidRequestException) return true;
        throw error;
      }
    },
    async restore(name) {
      try {
        await client.send(new RestoreSecretCommand({ SecretId: name }));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      }
    },
    async remove(name) {
      await client.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
    },
  };
}
