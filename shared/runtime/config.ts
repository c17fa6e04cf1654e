import * as v from "valibot";

const list = v.pipe(
  v.optional(v.string(), ""),
  v.transform((text) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ),
);

const isWebUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const webUrl = v.pipe(v.string(), v.check(isWebUrl, "has to be an http or https URL"));

/** What paths are appended to. */
const baseUrl = v.pipe(
  webUrl,
  v.transform((text) => text.replace(/\/+$/, "")),
);

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
    PUBLIC_URL: baseUrl,
    PREFIX: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9/_+=.@-]{1,64}$/)), "chaveiro"),
    PUBLISH: v.optional(list, "rd-station,rd-station-crm"),
    RETURN_TO_ORIGINS: v.pipe(list, v.everyItem(isWebUrl, "has to be a list of http or https origins")),
    INSTALL_URL: orNone(webUrl),
    RD_STATION_ORIGIN: orNone(baseUrl),
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
    /** Where a provider's API is, where it is not where the provider says. */
    origins: new Map(env.RD_STATION_ORIGIN === undefined ? [] : [["rd-station", env.RD_STATION_ORIGIN]]),
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
