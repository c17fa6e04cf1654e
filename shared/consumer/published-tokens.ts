import { type AccessToken, readToken } from "./access-token.ts";
import { TokenError } from "./token-error.ts";

/** What is needed of a Secrets Manager client of the AWS SDK, version 3. */
export type SecretsManager = {
  send(command: unknown, options?: unknown): unknown;
};

/** What is published for a connection. */
export type Published =
  | { readonly kind: "token"; readonly token: AccessToken }
  /** It cannot be read, is not there, or is nothing that the broker published. */
  | { readonly kind: "unreadable"; readonly error: TokenError };

export type ReadPublished = (connection: string) => Promise<Published>;

/**
 * Reads the secrets that the broker publishes, `{prefix}/{provider}/{account}`.
 *
 * @param secretsManager the client to read with; made when it is first needed
 * @returns a reader that throws TokenError `connection_revoked` where the secret says so
 */
export function publishedTokens(prefix: string, secretsManager: () => Promise<SecretsManager>): ReadPublished {
  return async (connection) => {
    let secret: string | undefined;
    try {
      const client = await secretsManager();
      const { GetSecretValueCommand } = await import("@aws-sdk/client-secrets-manager");
      const answer = await client.send(new GetSecretValueCommand({ SecretId: `${prefix}/${connection}` }));
      secret = (answer as { readonly SecretString?: string }).SecretString;
    } catch (error) {
      return { kind: "unreadable", error: readError(connection, `${prefix}/${connection}`, error) };
    }
    return readSecret(connection, secret);
  };
}

/** @throws TokenError `connection_revoked` */
function readSecret(connection: string, secret: string | undefined): Published {
  const value = parse(secret);
  const token = readToken(value);
  if (token !== undefined) return { kind: "token", token };
  if (typeof value === "object" && value !== null && "revoked_at" in value) {
    throw new TokenError(
      "connection_revoked",
      connection,
      `The connection ${connection} was revoked. Its account has to be connected again.`,
    );
  }
  const message = `The secret of ${connection} does not hold what the broker publishes. Look who else writes to it.`;
  return { kind: "unreadable", error: new TokenError("token_unavailable", connection, message) };
}

/** What a parser says of text that is not JSON quotes it, and it may be a token: nothing of that is kept. */
function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

function readError(connection: string, secretName: string, error: unknown): TokenError {
  switch (error instanceof Error ? error.name : "") {
    case "ResourceNotFoundException":
      return new TokenError(
        "connection_not_found",
        connection,
        `There is no secret ${secretName}. Connect the account; where the provider's tokens are not published, set CHAVEIRO_URL.`,
        { cause: error },
      );
    case "AccessDeniedException":
      return new TokenError(
        "forbidden",
        connection,
        `The secret ${secretName} may not be read with these AWS credentials. Grant it to the role: broker.grantAccessToken(fn, "${connection}").`,
        { cause: error },
      );
    default:
      return new TokenError(
        "token_unavailable",
        connection,
        `The secret ${secretName} could not be read. The cause says why; it is safe to try again.`,
        { cause: error },
      );
  }
}
