import { isJsonObject, type JsonObject, readJson } from "./json.ts";

/** What could be read from the body of an error answer. */
export type ErrorBody = {
  /** The machine identifier found: `error_type`, or RFC 6749's `error`. */
  readonly code: string | undefined;
  /** The human text found beside it. Compare it, never log it. */
  readonly message: string | undefined;
  /** True where the body was a JSON object or array. */
  readonly json: boolean;
  /** Of a JSON object: the names of those of its own members that hold a text. */
  readonly texts: readonly string[];
};

const maximumCharacters = 256 * 1024;
const maximumMessage = 1000;
const maximumVisits = 100;
const identifier = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Reads the body of an error answer in any of the shapes that authorization servers and the gateways before them use:
 * RFC 6749's `error` and `error_description`; `error_type` and `error_message`, flat, or anywhere under `errors`, or in
 * a bare array; `message`; `msg`.
 *
 * Never throws. Something that is no JSON object or array, or longer than 256 Ki characters, gives no code and
 * `json: false`. A code that does not match `[A-Za-z0-9_.-]{1,64}` counts as text.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 * @see https://developers.rdstation.com/reference/mensagens-de-erro-rdsm
 */
export function readErrorBody(body: string): ErrorBody {
  const root = body.length > maximumCharacters ? undefined : readJson(body);
  if (!isJsonObject(root) && !Array.isArray(root))
    return { code: undefined, message: undefined, json: false, texts: [] };

  const flat: JsonObject = isJsonObject(root) ? root : {};
  const listed = findEntry(isJsonObject(root) ? root["errors"] : root);
  const entry: JsonObject = isJsonObject(listed) ? listed : {};

  const code = [entry["error_type"], flat["error_type"], entry["error"], flat["error"]].find(isIdentifier);
  const message = [
    entry["error_message"],
    flat["error_message"],
    entry["error_description"],
    flat["error_description"],
    entry["message"],
    flat["message"],
    flat["msg"],
    listed,
    flat["error"],
  ].find((text) => typeof text === "string" && text !== "" && text !== code);
  return {
    code,
    message: typeof message === "string" ? message.slice(0, maximumMessage) : undefined,
    json: true,
    texts: Object.keys(flat).filter((name) => typeof flat[name] === "string" && flat[name] !== ""),
  };
}

function isIdentifier(value: unknown): value is string {
  return typeof value === "string" && identifier.test(value);
}

/**
 * The first object that looks like one error, nearest to the top first: validation errors are listed by field, and by
 * language below that. A plain text in place of an object is taken where there is no such object. Looks at a bounded
 * number of values, whatever the size of the body.
 */
function findEntry(errors: unknown): JsonObject | string | undefined {
  const queue: unknown[] = [errors];
  let text: string | undefined;
  for (let visited = 0; visited < queue.length && visited < maximumVisits; visited++) {
    const value = queue[visited];
    if (typeof value === "string") text ??= value;
    if (typeof value !== "object" || value === null) continue;
    if (isJsonObject(value) && ["error_type", "error", "message"].some((name) => typeof value[name] === "string")) {
      return value;
    }
    const children = Array.isArray(value) ? value.slice(0, maximumVisits) : Object.values(value);
    queue.push(...children.slice(0, maximumVisits));
  }
  return text;
}
