import { Logger } from "@aws-lambda-powertools/logger";
import type { Log, LogFields } from "../broker/ports.ts";

/** A log of JSON lines with allow-listed fields. Of an error only its name and code are written. */
export function structuredLog(level: "DEBUG" | "INFO" | "WARN" | "ERROR"): Log {
  const logger = new Logger({ serviceName: "chaveiro", logLevel: level });
  return {
    debug: (message, fields) => logger.debug(message, allowed(fields)),
    info: (message, fields) => logger.info(message, allowed(fields)),
    warn: (message, fields) => logger.warn(message, allowed(fields)),
    error: (message, fields) => logger.error(message, allowed(fields)),
  };
}

function allowed({ error, ...fields }: LogFields) {
  return error === undefined ? fields : { ...fields, error: describe(error) };
}

function describe(error: unknown): { readonly name: string; readonly code?: string; readonly cause?: object } {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, ...code, ...(error.cause instanceof Error ? { cause: describe(error.cause) } : {}) };
}
