import type { Context } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { BrokerError } from "../../../shared/broker/error.ts";
import { apiHandler } from "../../../shared/runtime/http-handler.ts";
import { recordingLog } from "./recording-log.ts";
import { contextWith, sampleEvent } from "./sample-event.ts";

const { requestContext } = sampleEvent();
const signed = sampleEvent({
  requestContext: { ...requestContext, authorizer: { iam: { userArn: "arn:aws:iam::000000000000:user/ana" } } },
});
const context = contextWith(25_000) as Context;

function failingWith(error: unknown) {
  return () => Promise.reject(error);
}

describe("a /v1 route", () => {
  it.each([{}, { authorizer: {} }, { authorizer: { iam: {} } }])(
    "is not run for whom nobody has authenticated: %j",
    async (change) => {
      const { log } = recordingLog();
      const handler = apiHandler(log, () => expect.fail("The route was run."));
      const answer = await handler(sampleEvent({ requestContext: { ...requestContext, ...change } }), context);
      expect(answer.statusCode).toBe(403);
      expect(JSON.parse(answer.body ?? "")).toMatchObject({ code: "forbidden" });
    },
  );

  it("answers our own errors as they are, and logs none of them", async () => {
    const { log, entries } = recordingLog();
    const handler = apiHandler(log, failingWith(new BrokerError("connection_not_found", "There is none.")));
    const answer = await handler(signed, context);
    expect(answer.statusCode).toBe(404);
    expect(JSON.parse(answer.body ?? "")).toMatchObject({ code: "connection_not_found", detail: "There is none." });
    expect(entries).toEqual([]);
  });

  it("answers everything else as internal_error, and logs it", async () => {
    const { log, entries } = recordingLog();
    const error = new TypeError("the-secret");
    const answer = await apiHandler(log, failingWith(error))(signed, context);
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("the-secret");
    expect(entries).toEqual([{ code: "internal_error", error }]);
  });
});
