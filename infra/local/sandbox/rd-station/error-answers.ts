import { type Answer, jsonAnswer } from "../http/answer.ts";
import type { RdStationSettings } from "./rd-station-settings.ts";

type Shape = Exclude<RdStationSettings["envelope"], "documented">;

type RdStationError = {
  readonly status: number;
  readonly error_type: string;
  readonly error_message: string;
  readonly path?: string;
  /** The envelope that the documentation shows for it. */
  readonly documented: Shape;
};

/** The errors of developers.rdstation.com, "Erros de autenticação" and "Mensagens de erro", and of the official Ruby client's specs. */
export const rdStationErrors = {
  expiredCode: object(401, "EXPIRED_CODE_GRANT", "The authorization code grant has expired."),
  wrongCredentials: object(401, "ACCESS_DENIED", "Wrong credentials provided."),
  invalidRefreshToken: object(401, "INVALID_REFRESH_TOKEN", "The provided refresh token is invalid or was revoked."),
  invalidToken: object(401, "UNAUTHORIZED", "Invalid token."),
  unparsable: object(
    400,
    "BAD_REQUEST",
    "Could not parse the body of the request according to the provided Content-Type.",
  ),
  unsupportedMediaType: object(
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    "The payload is in a format not supported by this method on the target resource.",
  ),
  unavailable: object(500, "SERVICE_UNAVAILABLE", "Service temporarily unavailable"),
  // Spelt like this in the documentation.
  rateLimit: object(429, "RATE_LIMIT_EXCEDDED", "API usage limit exceeded"),
  leadNotFound: object(404, "RESOURCE_NOT_FOUND", "Lead not found."),
  wrongRedirectUri: {
    status: 401,
    error_type: "ACCESS_DENIED",
    error_message: "O parâmetro redirect_uri não contém um valor válido.",
    documented: "flat",
  },
} as const satisfies Record<string, RdStationError>;

function object(status: number, type: string, message: string): RdStationError {
  return { status, error_type: type, error_message: message, documented: "object" };
}

/** @returns the error for a member that is missing. `path`: such as `body.code`. */
export function missingMember(path: string): RdStationError {
  return {
    status: 400,
    error_type: "CANNOT_BE_NULL",
    error_message: "Cannot be null.",
    path,
    documented: "array",
  };
}

/**
 * Puts an error into its envelope.
 *
 * @param status where it differs from the error's own.
 */
export function errorAnswer(
  error: RdStationError,
  envelope: RdStationSettings["envelope"],
  extra: { readonly status?: number; readonly headers?: Answer["headers"] } = {},
): Answer {
  const { status, documented, ...members } = error;
  const shape = envelope === "documented" ? documented : envelope;
  return jsonAnswer(extra.status ?? status, inShape(shape, members), extra.headers);
}

function inShape(shape: Shape, members: object): unknown {
  if (shape === "flat") return members;
  if (shape === "bare-array") return [members];
  return { errors: shape === "array" ? [members] : members };
}
