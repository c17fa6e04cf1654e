import { expect, it } from "vitest";
import { classifyRefusal } from "../../../shared/oauth/classify-refusal.ts";

it.each([
  [400, "invalid_grant", "grant"],
  [401, "invalid_grant", "grant"],
  [401, "invalid_client", "client"],
  [400, "invalid_client", "client"],
  [400, "unauthorized_client", "client"],
  [400, "invalid_request", "transient"],
  [400, "unsupported_grant_type", "transient"],
  [400, "invalid_scope", "transient"],
  [400, "INVALID_GRANT", "transient"],
  [400, undefined, "transient"],
  [403, "invalid_grant", "transient"],
  [429, "invalid_grant", "transient"],
  [500, "invalid_grant", "transient"],
  [503, "invalid_client", "transient"],
])("%i %s is %s", (status, code, failureClass) => {
  expect(classifyRefusal(status, { code })).toBe(failureClass);
});
