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

const allowedFields: Record<Exclude<keyof LogFields, "error">, true> = {
  connection: true,
  attempt_id: true,
  generation: true,
  sequence: true,
  status: true,
  reason: true,
  code: true,
  outcome: true,
  provider_status: true,
  provider_reason: true,
  unknown: true,
  reference: true,
  provider: true,
  actor: true,
  retry_at: true,
  count: true,
};

/** The types keep other members out, except in what was spread. */
function allowed({ error, ...fields }: LogFields) {
  const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => name in allowedFields));
  return error === undefined ? kept : { ...kept, error: describe(error) };
}

function describe(error: unknown): { readonly name: string; readonly code?: string; readonly cause?: object } {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, ...code, ...(error.cause instanceof Error ? { cause: describe(error.cause) } : {}) };
}
