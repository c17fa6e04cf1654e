import type { ReceivedRequest } from "./received-request.ts";

/** Parameters that are there: neither null nor empty. */
export type Parameters = ReadonlyMap<string, string>;
export type UnreadableBody = "unparsable" | "unsupported-media-type";

/**
 * Reads the parameters of a body sent as JSON, as a form or as multipart.
 *
 * @param request without a body and a content type, it has no parameters.
 */
export async function readBodyParameters(request: ReceivedRequest): Promise<Parameters | UnreadableBody> {
  const text = request.body.toString();
  switch (mediaType(request)) {
    case "application/json":
      return jsonParameters(text);
    case "application/x-www-form-urlencoded":
      return present(new URLSearchParams(text));
    case "multipart/form-data":
      return multipartParameters(request);
    case "":
      return text === "" ? new Map() : "unsupported-media-type";
    default:
      return "unsupported-media-type";
  }
}

/** @returns the request's media type in lower case, without parameters; empty where it has none. */
export function mediaType(request: ReceivedRequest): string {
  return (request.headers["content-type"] ?? "").split(";", 1).join("").trim().toLowerCase();
}

/** @returns the parameters of a query or form that are not empty; of a repeated one the first. */
export function present(entries: Iterable<readonly [string, unknown]>): Parameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of entries) {
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text === "string" && text !== "" && !parameters.has(name)) parameters.set(name, text);
  }
  return parameters;
}

function jsonParameters(text: string): Parameters | UnreadableBody {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "unparsable";
    return present(Object.entries(value));
  } catch {
    return "unparsable";
  }
}

async function multipartParameters(request: ReceivedRequest): Promise<Parameters | UnreadableBody> {
  const headers = { "content-type": request.headers["content-type"] ?? "" };
  try {
    const form = await new Response(new Uint8Array(request.body), { headers }).formData();
    return present([...form.entries()]);
  } catch {
    return "unparsable";
  }
}
