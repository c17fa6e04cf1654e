import * as v from "valibot";
import { settingTexts } from "../../shared/runtime/config.ts";

const port = (usual: number) =>
  v.pipe(
    v.optional(v.string(), String(usual)),
    v.check((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, "has to be a port number"),
    v.transform(Number),
  );

const seconds = (usual: number) =>
  v.pipe(
    v.optional(v.string(), String(usual)),
    v.check(
      (text) => /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 && Number(text) <= 86_400,
      "has to be a number of seconds",
    ),
    v.transform(Number),
  );

const schema = v.object({
  PORT: port(8788),
  AWS_PORT: port(8789),
  SANDBOX_PORT: port(8790),
  PUBLIC_URL: v.optional(settingTexts.publicUrl),
  RD_STATION_ORIGIN: v.optional(settingTexts.webUrl),
  RD_STATION_CLIENT_ID: v.optional(v.string()),
  RD_STATION_CLIENT_SECRET: v.optional(v.string()),
  RD_STATION_CRM_ORIGIN: v.optional(settingTexts.webUrl),
  RD_STATION_CRM_AUTHORIZATION_PAGE: v.optional(settingTexts.webUrl),
  RD_STATION_CRM_CLIENT_ID: v.optional(v.string()),
  RD_STATION_CRM_CLIENT_SECRET: v.optional(v.string()),
  ITFLEX_TOKEN_PATH: v.optional(settingTexts.path),
  ALLOW_LOOPBACK_ORIGINS: v.optional(settingTexts.flag, "true"),
  CUSTOMER_PORTS: v.optional(settingTexts.ports, ""),
  CUSTOMER_AUTHORITIES: v.optional(settingTexts.certificates),
  PUBLISH: v.optional(settingTexts.providers, "rd-station,rd-station-crm"),
  PREFIX: v.optional(settingTexts.prefix, "chaveiro"),
  RETURN_TO_ORIGINS: v.optional(settingTexts.origins, ""),
  INSTALL_URL: v.optional(v.union([v.literal(""), settingTexts.webUrl], "has to be an http or https URL"), ""),
  SWEEP_SECONDS: seconds(5),
  SANDBOX_TOKEN_SECONDS: seconds(60),
  DATA_DIR: v.optional(v.string(), ".local"),
  LOG_LEVEL: v.optional(v.picklist(["DEBUG", "INFO", "WARN", "ERROR"], "has to be DEBUG, INFO, WARN or ERROR"), "INFO"),
});

export type LocalSettings = v.InferOutput<typeof schema>;

/**
 * Reads the settings of `npm start` from the environment. An empty variable counts as one that is not there, but for
 * `PUBLISH`, where it means none.
 *
 * @throws Error that names every setting that is malformed
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): LocalSettings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value !== undefined && (value.trim() !== "" || name === "PUBLISH")),
  );
  const result = v.safeParse(schema, given);
  if (result.success) return result.output;
  const wrong = result.issues.map((issue) => `${String(issue.path?.[0]?.key)} ${issue.message}`);
  throw new Error(`These settings cannot be used: ${wrong.join("; ")}.`);
}
