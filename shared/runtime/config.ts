import * as v from "valibot";
import { providerIds } from "./configured-providers.ts";
import { areCertificates } from "./customer-origin/host-trust.ts";

const split = (text: string) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

const isWebUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** What this machine is called by those who mean itself. */
export const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** The binding cookie is safe over https, and on this machine. */
const isPublicUrl = (text: string) =>
  isWebUrl(text) && (new URL(text).protocol === "https:" || loopbackNames.has(new URL(text).hostname));

/** What the settings of a deployed function and those of `npm start` have in common, as they are written. */
export const settingTexts = {
  webUrl: v.pipe(v.string(), v.check(isWebUrl, "has to be an http or https URL")),
  publicUrl: v.pipe(v.string(), v.check(isPublicUrl, "has to be an https URL, or an http URL on loopback")),
  prefix: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9/_+=.@-]{1,64}$/, "has to be 1 to 64 characters of A-Z a-z 0-9 / _ + = . @ -"),
  ),
  path: v.pipe(
    v.string(),
    v.regex(/^(\/[A-Za-z0-9._~-]+)+$/, "has to be a path of A-Z a-z 0-9 . _ ~ - / that begins with a slash"),
  ),
  ports: v.pipe(
    v.string(),
    v.check(
      (text) => split(text).every((port) => /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535),
      "has to be a list of port numbers, separated by commas",
    ),
  ),
  certificates: v.pipe(
    v.string(),
    v.check(areCertificates, "has to be one or more certificates in PEM, all of them readable"),
  ),
  flag: v.pipe(v.string(), v.regex(/^(true|false)$/, "has to be true or false")),
  providers: v.pipe(
    v.string(),
    v.check(
      (text) => split(text).every((name) => providerIds.includes(name)),
      `has to be a list of providers, separated by commas, of which there are ${providerIds.join(", ")}`,
    ),
  ),
  origins: v.pipe(
    v.string(),
    v.check((text) => split(text).every(isWebUrl), "has to be a list of http or https origins, separated by commas"),
  ),
} as const;

/** What paths are appended to. */
const asBase = v.transform((text: string) => text.replace(/\/+$/, ""));

/** An empty variable counts as one that is not there: CDK and shells pass both. */
const orNone = <Schema extends v.GenericSchema<string, string>>(schema: Schema) =>
  v.pipe(
    v.optional(v.string()),
    v.transform((text) => (text === "" ? undefined : text)),
    v.optional(schema),
  );

const schema = v.pipe(
  v.object({
    TABLE_NAME: v.pipe(v.string(), v.minLength(3)),
    KEY_ID: v.pipe(v.string(), v.minLength(1)),
    EVENT_BUS_NAME: v.pipe(v.string(), v.minLength(1)),
    PUBLIC_URL: v.pipe(settingTexts.publicUrl, asBase),
    PREFIX: v.optional(settingTexts.prefix, "chaveiro"),
    PROVIDERS: v.pipe(
      v.optional(settingTexts.providers),
      v.transform((names) => (names === undefined ? undefined : new Set(split(names)))),
    ),
    PUBLISH: v.pipe(v.optional(settingTexts.providers, "rd-station,rd-station-crm"), v.transform(split)),
    RETURN_TO_ORIGINS: v.pipe(v.optional(settingTexts.origins, ""), v.transform(split)),
    INSTALL_URL: orNone(settingTexts.webUrl),
    RD_STATION_ORIGIN: orNone(v.pipe(settingTexts.webUrl, asBase)),
    RD_STATION_CRM_ORIGIN: orNone(v.pipe(settingTexts.webUrl, asBase)),
    RD_STATION_CRM_AUTHORIZATION_PAGE: orNone(settingTexts.webUrl),
    ITFLEX_TOKEN_PATH: orNone(settingTexts.path),
    ALLOW_LOOPBACK_ORIGINS: orNone(settingTexts.flag),
    CUSTOMER_PORTS: v.pipe(v.optional(settingTexts.ports, ""), v.transform(split)),
    CUSTOMER_AUTHORITIES: orNone(settingTexts.certificates),
    METRICS: v.optional(settingTexts.flag, "true"),
    LOG_LEVEL: v.optional(v.picklist(["DEBUG", "INFO", "WARN", "ERROR"]), "INFO"),
  }),
  v.transform((env) => ({
    tableName: env.TABLE_NAME,
    keyId: env.KEY_ID,
    eventBusName: env.EVENT_BUS_NAME,
    publicUrl: env.PUBLIC_URL,
    prefix: env.PREFIX,
    publish: new Set(env.PUBLISH),
    returnToOrigins: new Set(env.RETURN_TO_ORIGINS.map((origin) => new URL(origin).origin)),
    installUrl: env.INSTALL_URL,
    /** Those that accounts are connected at, all where none are named; and where they are, where they are not where they say. */
    providers: {
      only: env.PROVIDERS,
      rdStation: { origin: env.RD_STATION_ORIGIN },
      rdStationCrm: { origin: env.RD_STATION_CRM_ORIGIN, authorizationPage: env.RD_STATION_CRM_AUTHORIZATION_PAGE },
      itflex: { tokenPath: env.ITFLEX_TOKEN_PATH },
    },
    /** What customers may give as the origin of their own host. */
    customerOrigins: {
      allowLoopback: env.ALLOW_LOOPBACK_ORIGINS === "true",
      allowedPorts: env.CUSTOMER_PORTS.map(Number),
    },
    privateAuthorities: env.CUSTOMER_AUTHORITIES,
    /** False where nobody reads them. */
    metrics: env.METRICS === "true",
    logLevel: env.LOG_LEVEL,
  })),
);

export type Config = v.InferOutput<typeof schema>;

/**
 * Reads the configuration of a function from its environment.
 *
 * @throws Error with the names of all variables that are missing or malformed. Correct them and deploy again.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = v.safeParse(schema, env);
  if (result.success) return result.output;
  const wrong = result.issues.map((issue) => `${String(issue.path?.[0]?.key)} (${issue.message})`);
  throw new Error(`The environment of this function is incomplete or malformed: ${wrong.join("; ")}.`);
}
