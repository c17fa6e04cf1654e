import { describe, expect, it } from "vitest";
import { admission, afterFailure, afterSuccess, soundHealth } from "../../../shared/broker/provider-health.ts";
import type { Failure } from "../../../shared/oauth/failure.ts";

const now = 1_000_000_000;
const sound = soundHealth("rd-station", "https://api.rd.services");
const connection = { id: "rd-station/acme", isOnly: false, way: "open", since: now - 100 } as const;

function failure(status: number | undefined, seconds?: number): Failure {
  const retryAfterMilliseconds = seconds === undefined ? undefined : seconds * 1000;
  return { class: "transient", unknown: false, status, reason: "", retryAfterMilliseconds };
}

const fail = (health: typeof sound, what: Failure, since = connection.since) =>
  afterFailure(health, what, { ...connection, since }, now, 0.5);

describe("the rate", () => {
  it("is halved by a 429, down to one refresh in four seconds", () => {
    let health = sound;
    const rates: (number | null)[] = [];
    for (let time = 0; time < 7; time++) {
      health = { ...fail(health, failure(429), now), transientFailures: 0 };
      rates.push(health.rate);
    }
    expect(rates).toEqual([4, 2, 1, 0.5, 0.25, 0.25, 0.25]);
  });

  it.each([500, 502, 503, undefined])("is not lowered by a %s", (status) => {
    expect(fail({ ...sound, rate: 4 }, failure(status, 5)).rate).toBe(4);
  });

  it("doubles in about fourteen seconds, wherever it is", () => {
    for (const from of [0.25, 1, 4, 16]) {
      let rate: number | null = from;
      let seconds = 0;
      while (rate !== null && rate < 2 * from) {
        seconds += 1 / rate;
        ({ rate } = afterSuccess({ ...sound, rate, limited: { at: now - 1, until: now } }, now, now));
      }
      expect(seconds).toBeGreaterThan(8);
      expect(seconds).toBeLessThan(20);
    }
  });

  it("rises until nothing is limited any more", () => {
    const limited = { at: now - 1, until: now };
    expect(afterSuccess({ ...sound, rate: 63.9, limited }, now, now).rate).toBeCloseTo(63.95);
    expect(afterSuccess({ ...sound, rate: 63.97, limited }, now, now).rate).toBeNull();
  });

  it("is told nothing by a refresh that began before the provider asked for less", () => {
    const limited = { ...sound, rate: 4, limited: { at: now - 50, until: now + 5_000 } };
    expect(afterSuccess(limited, now - 51, now)).toBe(limited);
    expect(fail(limited, failure(429, 30), now - 51)).toBe(limited);
  });
});

describe("a provider that asks to be left alone", () => {
  it.each([
    [failure(429, 30), 30_000],
    [failure(503, 30), 30_000],
    [failure(500, 0.5), 500],
    [failure(429, 3_600), 60_000],
    [failure(429, 0), 0],
    [failure(429), 0],
  ])("holds back all others for a minute at most: %#", (what, milliseconds) => {
    const health = fail(sound, what);
    expect(health.limited).toEqual({ at: now, until: now + milliseconds });
    const admitted = admission(health, now);
    if (milliseconds === 0) expect(admitted).toEqual({ kind: "admitted" });
    else expect(admitted).toEqual({ kind: "refused", until: now + milliseconds, code: "provider_unavailable" });
    expect(admission(health, now + milliseconds)).toEqual({ kind: "admitted" });
  });

  it("is not asked earlier because another answer asks for less", () => {
    const health = fail(fail(sound, failure(503, 30)), failure(503, 1), now);
    expect(health.limited?.until).toBe(now + 30_000);
  });

  it.each(["client", "grant"] as const)("does not ask it of the others with a refusal: %s", (failureClass) => {
    const refusal: Failure = { ...failure(401, 30), class: failureClass };
    expect(fail(sound, refusal).limited).toBeNull();
  });

  it("is asked for as long as it wants where the breaker has opened", () => {
    const health = fail({ ...sound, transientFailures: 4 }, failure(503, 1_800));
    expect(admission(health, now)).toEqual({ kind: "refused", until: now + 1_800_000, code: "provider_unavailable" });
  });
});

it("nothing is written for a success at a provider that is sound", () => {
  expect(afterSuccess(sound, now, now)).toBe(sound);
  const once = { ...sound, limited: { at: now - 90_000, until: now - 60_000 } };
  expect(afterSuccess(once, now, now)).toBe(once);
});
