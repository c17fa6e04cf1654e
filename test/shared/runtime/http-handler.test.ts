import type { Context } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { BrokerError } from "../../../shared/broker/error.ts";
import type { Log, LogFields } from "../../../shared/broker/ports.ts";
import { apiHandler, pageHandler } from "../../../shared/runtime/http-handler.ts";
import { contextWith, sampleEvent } from "./sample-event.ts";

const context = contextWith(25_000) as Context;

function recordingLog(): { readonly log: () => Log; readonly entries: LogFields[] } {
  const entries: LogFields[] = [];
  const write = (_message: string, fields: LogFields) => {
    entries.push(fields);
  };
  return { log: () => ({ debug: write, info: write, warn: write, error: write }), entries };
}

function failingWith(error: unknown) {
  return () => Promise.reject(error);
}

describe("a /v1 route", () => {
  it("answers our own errors as they are, and logs none of them", async () => {
    const { log, entries } = recordingLog();
    const handler = apiHandler(log, failingWith(new BrokerError("connection_not_found", "There is none.")));
    const answer = await handler(sampleEvent(), context);
    expect(answer.statusCode).toBe(404);
    expect(JSON.parse(answer.body ?? "")).toMatchObject({ code: "connection_not_found", detail: "There is none." });
    expect(entries).toEqual([]);
  });

  it("answers everything else as internal_error, and logs it", async () => {
    const { log, entries } = recordingLog();
    const error = new TypeError("the-secret");
    const answer = await apiHandler(log, failingWith(error))(sampleEvent(), context);
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("the-secret");
    expect(entries).toEqual([{ code: "internal_error", error }]);
  });
});

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
