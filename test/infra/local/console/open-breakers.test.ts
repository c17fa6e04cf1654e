import { expect, it } from "vitest";
import { type OpenBreakers, openedFor, withBreakerEvent } from "../../../../infra/local/console/open-breakers.ts";
import type { BusEvent } from "../../../../infra/local/console/state.ts";

const here = { provider: "itflex", origin: "https://one.example" };
const elsewhere = { provider: "itflex", origin: "https://two.example" };

function told(name: string, detail: Readonly<Record<string, unknown>>): BusEvent {
  return { number: 1, time: "2026-11-21T18:00:00.000Z", detail_type: name, detail };
}

it("a breaker is open from the event that says so to the one that takes it back, at one endpoint alone", () => {
  const closed: OpenBreakers = new Map();
  const open = withBreakerEvent(
    closed,
    told("provider.unavailable", { ...here, breaker: "open", code: "provider_unavailable" }),
  );
  expect(openedFor(open, here)).toBe("provider_unavailable");
  expect(openedFor(open, elsewhere)).toBeNull();
  expect(openedFor(withBreakerEvent(open, told("connection.recovered", here)), here)).toBe("provider_unavailable");
  const still = withBreakerEvent(open, told("provider.recovered", { ...elsewhere, breaker: "closed", code: null }));
  expect(openedFor(still, here)).toBe("provider_unavailable");
  const again = withBreakerEvent(open, told("provider.recovered", { ...here, breaker: "closed", code: null }));
  expect(openedFor(again, here)).toBeNull();
});
