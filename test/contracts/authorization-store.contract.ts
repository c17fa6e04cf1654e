import { beforeAll, describe, expect, it } from "vitest";
import type { AuthorizationOutcome, AuthorizationRequest, Ticket } from "../../shared/broker/authorization.ts";
import type { AuthorizationStore } from "../../shared/broker/ports.ts";

/**
 * What every authorization store does. `create` is called once; every test works on tickets and requests of its own.
 *
 * @param options.racy the implementation below is known to break its word on conditional writes at the same time
 */
export function authorizationStoreContract(
  name: string,
  create: () => Promise<AuthorizationStore>,
  options: { readonly racy?: boolean } = {},
): void {
  describe(`authorization store: ${name}`, () => {
    let store: AuthorizationStore;
    let tests = 0;
    beforeAll(async () => {
      store = await create();
    });

    const freshTicket = (changes: Partial<Ticket> = {}): Ticket => ({
      hash: `hash-${++tests}`,
      provider: "rd-station",
      account: "acme",
      issuedAt: 1_763_748_000_000,
      expiresAt: 1_763_751_600_000,
      returnTo: "https://app.example.com/done?a=b",
      allowOtherAccount: true,
      spentAt: null,
      open: [],
      ...changes,
    });
    const freshRequest = (changes: Partial<AuthorizationRequest> = {}): AuthorizationRequest => ({
      reference: `reference-${++tests}`,
      provider: "rd-station",
      account: "acme",
      ticketHash: "hash",
      ticketIssuedAt: 1_763_748_000_000,
      bindingHash: "binding",
      returnTo: "https://app.example.com/done",
      allowOtherAccount: false,
      expiresAt: 1_763_748_600_000,
      taken: null,
      outcome: null,
      ...changes,
    });

    describe("tickets", () => {
      it("finds nothing where nothing is stored", async () => {
        expect(await store.readTicket("nobody")).toBeUndefined();
      });

      it.each([
        ["full", { spentAt: 5, open: [3, 1, 2] }],
        ["empty", { returnTo: null, allowOtherAccount: false }],
      ])("stores and returns a %s one", async (_what, changes) => {
        const ticket = freshTicket(changes);
        await store.createTicket(ticket);
        expect(await store.readTicket(ticket.hash)).toEqual(ticket);
      });

      it("does not undo what has become of a ticket when it is created again", async () => {
        const ticket = freshTicket();
        await store.createTicket(ticket);
        await store.spendTicket(ticket.hash, 7);
        await store.createTicket(ticket);
        expect(await store.readTicket(ticket.hash)).toEqual({ ...ticket, spentAt: 7 });
      });

      it("replaces the list of open requests while it is the expected one", async () => {
        const ticket = freshTicket();
        await store.createTicket(ticket);
        expect(await store.openOnTicket(ticket.hash, [], [10])).toBe(true);
        expect(await store.openOnTicket(ticket.hash, [10], [10, 20, 20])).toBe(true);
        expect(await store.openOnTicket(ticket.hash, [10, 20, 20], [20, 30])).toBe(true);
        expect(await store.readTicket(ticket.hash)).toEqual({ ...ticket, open: [20, 30] });
      });

      it.each([[[]], [[10]], [[20, 10]], [[10, 20, 30]], [[1020]]])(
        "refuses to replace it where it is not the expected one: %j",
        async (expected) => {
          const ticket = freshTicket({ open: [10, 20] });
          await store.createTicket(ticket);
          expect(await store.openOnTicket(ticket.hash, expected, [99])).toBe(false);
          expect(await store.readTicket(ticket.hash)).toEqual(ticket);
        },
      );

      it.skipIf(options.racy)("lets one of many win that expect the same list", async () => {
        const ticket = freshTicket();
        await store.createTicket(ticket);
        const opened = await Promise.all([1, 2, 3, 4, 5].map((time) => store.openOnTicket(ticket.hash, [], [time])));
        expect(opened.filter(Boolean)).toHaveLength(1);
      });

      it("keeps the time at which a ticket was first spent", async () => {
        const ticket = freshTicket();
        await store.createTicket(ticket);
        await store.spendTicket(ticket.hash, 7);
        await store.spendTicket(ticket.hash, 8);
        expect(await store.readTicket(ticket.hash)).toEqual({ ...ticket, spentAt: 7 });
      });

      it("makes no ticket of one that is not there", async () => {
        const { hash } = freshTicket();
        await store.spendTicket(hash, 7);
        expect(await store.openOnTicket(hash, [], [7])).toBe(false);
        expect(await store.readTicket(hash)).toBeUndefined();
      });
    });

    describe("requests", () => {
      const outcomes: readonly AuthorizationOutcome[] = [
        { result: "authorized", label: "Empresa Ágil" },
        { result: "authorized", label: null },
        { result: "declined" },
        { result: "failed", why: "wrong_account" },
      ];

      it("finds nothing where nothing is stored", async () => {
        expect(await store.readRequest("nobody")).toBeUndefined();
      });

      it.each([
        ["full", { taken: { by: "callback-1", at: 5 }, outcome: outcomes[0] ?? null }],
        ["empty", { returnTo: null, allowOtherAccount: true }],
      ])("stores and returns a %s one", async (_what, changes) => {
        const request = freshRequest(changes);
        await store.createRequest(request);
        expect(await store.readRequest(request.reference)).toEqual(request);
      });

      it("gives a request to one taker, and tells it so again", async () => {
        const request = freshRequest();
        await store.createRequest(request);
        expect(await store.takeRequest(request.reference, "callback-1", 5)).toBe(true);
        expect(await store.takeRequest(request.reference, "callback-2", 6)).toBe(false);
        expect(await store.takeRequest(request.reference, "callback-1", 7)).toBe(true);
        expect(await store.readRequest(request.reference)).toEqual({ ...request, taken: { by: "callback-1", at: 5 } });
      });

      it.skipIf(options.racy)("gives a request to one of many takers at the same time", async () => {
        const request = freshRequest();
        await store.createRequest(request);
        const takers = ["a", "b", "c", "d", "e", "f", "g", "h"];
        const took = await Promise.all(takers.map((by) => store.takeRequest(request.reference, by, 5)));
        expect(took.filter(Boolean)).toHaveLength(1);
        const found = await store.readRequest(request.reference);
        expect(found?.taken?.by).toBe(takers[took.indexOf(true)]);
      });

      it("still knows the taker when the request is created again", async () => {
        const request = freshRequest();
        await store.createRequest(request);
        await store.takeRequest(request.reference, "callback-1", 5);
        await store.createRequest(request);
        expect(await store.takeRequest(request.reference, "callback-2", 6)).toBe(false);
      });

      it.each(outcomes.map((outcome) => [outcome]))("stores the outcome %j", async (outcome) => {
        const request = freshRequest();
        await store.createRequest(request);
        await store.finishRequest(request.reference, outcome);
        expect(await store.readRequest(request.reference)).toEqual({ ...request, outcome });
      });

      it("keeps the first outcome", async () => {
        const request = freshRequest();
        await store.createRequest(request);
        await store.finishRequest(request.reference, { result: "authorized", label: null });
        await store.finishRequest(request.reference, { result: "failed", why: "internal_error" });
        expect(await store.readRequest(request.reference)).toMatchObject({ outcome: { result: "authorized" } });
      });

      it("makes no request of one that is not there", async () => {
        const { reference } = freshRequest();
        expect(await store.takeRequest(reference, "callback-1", 5)).toBe(false);
        await store.finishRequest(reference, { result: "declined" });
        expect(await store.readRequest(reference)).toBeUndefined();
      });
    });
  });
}
