import type { LocalFunction } from "./gateway.ts";
import type { FunctionName } from "./routes.ts";
import type { LocalSettings } from "./settings.ts";

/** Loads a function's module as Lambda does: once, with its first call. */
export async function loadFunction(name: FunctionName): Promise<LocalFunction> {
  const module: { readonly handler: LocalFunction } = await import(`../../functions/${name}.ts`);
  return module.handler;
}

/**
 * Sets the environment that a deployed function has. Whatever AWS account this shell is signed in to, nothing of it is
 * left: every client ends up at the local endpoint.
 */
export function setLambdaEnvironment(local: {
  readonly tableName: string;
  readonly keyAlias: string;
  readonly eventBusName: string;
  readonly settings: LocalSettings;
  readonly awsUrl: string;
  readonly publicUrl: string;
  readonly sandboxUrl: string;
}): void {
  const { settings } = local;
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: local.awsUrl,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    TABLE_NAME: local.tableName,
    KEY_ID: local.keyAlias,
    EVENT_BUS_NAME: local.eventBusName,
    PUBLIC_URL: local.publicUrl,
    PREFIX: settings.PREFIX,
    PUBLISH: settings.PUBLISH,
    RETURN_TO_ORIGINS: settings.RETURN_TO_ORIGINS,
    INSTALL_URL: settings.INSTALL_URL,
    RD_STATION_ORIGIN: settings.RD_STATION_ORIGIN ?? `${local.sandboxUrl}/rd-station`,
    RD_STATION_CRM_ORIGIN: settings.RD_STATION_CRM_ORIGIN ?? `${local.sandboxUrl}/rd-station-crm`,
    RD_STATION_CRM_AUTHORIZATION_PAGE: settings.RD_STATION_CRM_AUTHORIZATION_PAGE ?? "",
    ITFLEX_TOKEN_PATH: settings.ITFLEX_TOKEN_PATH ?? "",
    ALLOW_LOOPBACK_ORIGINS: settings.ALLOW_LOOPBACK_ORIGINS,
    CUSTOMER_PORTS: settings.CUSTOMER_PORTS,
    CUSTOMER_AUTHORITIES: settings.CUSTOMER_AUTHORITIES ?? "",
    METRICS: "false",
    LOG_LEVEL: settings.LOG_LEVEL,
  });
}
