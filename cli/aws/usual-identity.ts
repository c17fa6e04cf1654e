import { secretsManagerClient } from "../../shared/aws/aws-clients.ts";
import type { AwsCredentials } from "./identity.ts";

/** What an AWS SDK for JavaScript would sign with. @throws where there is nothing */
export async function usualCredentials(): Promise<AwsCredentials> {
  return secretsManagerClient({ region: "us-east-1" }).config.credentials();
}

/** The Region that an AWS SDK for JavaScript would call. @throws where none is set */
export async function usualRegion(): Promise<string> {
  return secretsManagerClient().config.region();
}
