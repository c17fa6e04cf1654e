import { describe, expect, it } from "vitest";
import { BrokerError, type ErrorCode } from "../../../shared/broker/error.ts";
import { json, nothing, presentable, problem, redirect } from "../../../shared/runtime/http-answer.ts";

/** The codes of the contract, all of them. */
const contract: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  forbidden: 403,
  connection_not_found: 404,
  provider_unknown: 404,
  reauthorization_required: 409,
  connection_revoked: 410,
  request_too_large: 413,
  grant_rejected: 422,
  token_just_issued: 429,
  internal_error: 500,
  client_credentials_rejected: 502,
  provider_unavailable: 503,
  refresh_in_progress: 503,
};
const codes = Object.entries(contract) as [ErrorCode, number][];

describe("a problem document", () => {
  it.each(codes)("%s is answered with %i and five members", (code, status) => {
    const answer = problem(new BrokerError(code, "What happened, and what to do."));
    const body = JSON.parse(answer.body ?? "") as Record<string, unknown>;
    expect(answer.statusCode).toBe(status);
    expect(body).toEqual({
      type: "about:blank",
      title: expect.stringMatching(/^[A-Z][\w ']{5,60}$/),
      status,
      code,
      detail: "What happened, and what to do.",
    });
    expect(answer.headers).toMatchObject({
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
  });

  it("has a title of its own for every code", () => {
    const titles = codes.map(([code]) => JSON.parse(problem(new BrokerError(code, "x")).body ?? "").title);
    expect(new Set(titles).size).toBe(codes.length);
  });

  it("says when to ask again, where that is known", () => {
    const busy = new BrokerError("refresh_in_progress", "x", { retryAfterSeconds: 2 });
    expect(problem(busy).headers).toMatchObject({ "retry-after": "2" });
    expect(problem(new BrokerError("internal_error", "x")).headers).not.toHaveProperty("retry-after");
  });

  it("shows nothing of an error that is not ours, nor of the cause of one that is", () => {
    const foreign = new TypeError("connect ECONNREFUSED with refresh_token=the-secret");
    const shown = [presentable(foreign), presentable("the-secret"), presentable(undefined)];
    for (const error of [...shown, new BrokerError("internal_error", "Ours.", { cause: foreign })]) {
      const answer = problem(error);
      expect(JSON.parse(answer.body ?? "").code).toBe("internal_error");
      expect(JSON.stringify(answer)).not.toMatch(/the-secret|ECONNREFUSED|TypeError/);
    }
  });

  it("keeps an error of ours as it is", () => {
    const ours = new BrokerError("connection_not_found", "x");
    expect(presentable(ours)).toBe(ours);
  });
});

describe("every other answer", () => {
  it("is not to be stored", () => {
    const answers = [json(200, {}), redirect(302, "https://a.example/"), redirect(303, "https://a.example/"), nothing];
    for (const { headers } of answers) expect(headers).toMatchObject({ "cache-control": "no-store" });
  });

  it("that redirects has no body and tells the next page nothing", () => {
    const answer = redirect(303, "https://a.example/", ["a=b"]);
    expect(answer).toMatchObject({ statusCode: 303, body: "", cookies: ["a=b"] });
    expect(answer.headers).toMatchObject({ location: "https://a.example/", "referrer-policy": "no-referrer" });
  });

  it("to a prefetch is empty, and nothing that a browser would keep", () => {
    expect(nothing.body).toBe("");
    expect(nothing.statusCode).toBeGreaterThanOrEqual(500);
  });
});
