import { type AccessToken, readToken } from "./access-token.ts";
import type { AwsIdentity } from "./aws-identity.ts";
import { notGranted, plain, TokenError, type TokenErrorCode } from "./token-error.ts";

/** What is published for a connection; or why that is unknown: unreadable, not there, or nothing that the broker published. */
export type Published =
  | { readonly token: AccessToken; readonly error?: undefined }
  | { readonly token?: undefined; readonly error: TokenError };

export type ReadPublished = (connection: string) => Promise<Published>;

/**
 * Reads the secrets that the broker publishes, `{prefix}/{provider}/{account}`.
 *
 * @returns a reader that throws TokenError `connection_revoked` where the secret says so
 */
export function publishedTokens(prefix: string, readSecret: AwsIdentity["readSecret"]): ReadPublished {
  return async (connection) => {
    let secret: string | undefined;
    try {
      secret = await readSecret(`${prefix}/${connection}`);
    } catch (error) {
      return { error: readError(connection, `${prefix}/${connection}`, error) };
    }
    return understand(connection, secret);
  };
}

/** @throws TokenError `connection_revoked` */
function understand(connection: string, secret: string | undefined): Published {
  const value = parse(secret);
  const token = readToken(value);
  if (token !== undefined) return { token };
  if (typeof value === "object" && value !== null && "revoked_at" in value) {
    const message = `The connection ${connection} was revoked. Its account has to be connected again.`;
    throw new TokenError("connection_revoked", connection, message);
  }
  const message = `The secret of ${connection} holds nothing that the broker publishes.`;
  return { error: new TokenError("token_unavailable", connection, message) };
}

/** What a parser says of text that is not JSON quotes it, and it may be a token: nothing of that is kept. */
function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

function readError(connection: string, secretName: string, cause: unknown): TokenError {
  const [code, message] = describe(connection, secretName, cause instanceof Error ? cause.name : "");
  return new TokenError(code, connection, message, { cause: plain(cause) });
}

function describe(connection: string, secretName: string, name: string): readonly [TokenErrorCode, string] {
  switch (name) {
    case "ResourceNotFoundException":
      return [
        "connection_not_found",
        `There is no secret ${secretName}. Connect the account, or set CHAVEIRO_URL where nothing is published.`,
      ];
    case "AccessDeniedException":
      // A grant's pattern has the suffix of a secret that exists: where there is none, AWS says that reading it is denied.
      return ["forbidden", notGranted(connection, `the secret ${secretName}, or there is none`)];
    default:
      return ["token_unavailable", `The secret ${secretName} could not be read; the cause says why. Ask again.`];
  }
}
