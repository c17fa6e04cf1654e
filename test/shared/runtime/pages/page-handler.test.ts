import type { Context } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { BrokerError } from "../../../../shared/broker/error.ts";
import { pageHandler } from "../../../../shared/runtime/pages/page-handler.ts";
import { recordingLog } from "../recording-log.ts";
import { contextWith, sampleEvent } from "../sample-event.ts";

const context = contextWith(25_000) as Context;

function failingWith(error: unknown) {
  return () => Promise.reject(error);
}

describe("a browser's route", () => {
  const event = sampleEvent({ headers: { "accept-language": "en" } });

  it("answers every error with a page in the browser's language", async () => {
    const { log } = recordingLog();
    for (const error of [new BrokerError("provider_unknown", "x"), new TypeError("the-secret"), "the-secret"]) {
      const answer = await pageHandler(log, failingWith(error))(event, context);
      expect(answer.headers).toMatchObject({ "content-type": "text/html; charset=utf-8", "content-language": "en" });
      expect(answer.body).not.toContain("the-secret");
    }
  });

  it("logs each page under the reference that it shows: its authorization's", async () => {
    const { log, entries } = recordingLog();
    const page = {
      status: 200,
      key: "declined",
      connection: "rd-station/acme",
      reference: "4567ef0123456789",
    } as const;
    const answer = await pageHandler(log, async () => page)(event, context);
    expect(answer.body).toContain("<code>4567ef01</code>");
    expect(entries).toEqual([{ reference: "4567ef0123456789", outcome: "declined", connection: "rd-station/acme" }]);
  });

  it("logs each page under the reference that it shows: else its request's, also where that failed", async () => {
    const { log, entries } = recordingLog();
    const error = new TypeError("the-secret");
    const answer = await pageHandler(log, failingWith(error))(event, context);
    expect(answer.body).toContain("<code>8f5c1d2e</code>");
    const reference = "8f5c1d2e-0000-4000-8000-000000000000";
    expect(entries).toEqual([
      { reference, code: "internal_error", error },
      { reference, outcome: "internal_error" },
    ]);
  });

  it("passes on what is no page, and logs nothing", async () => {
    const { log, entries } = recordingLog();
    const redirect = { statusCode: 303, headers: { location: "https://app.example/" } };
    expect(await pageHandler(log, async () => redirect)(event, context)).toBe(redirect);
    expect(entries).toEqual([]);
  });
});
