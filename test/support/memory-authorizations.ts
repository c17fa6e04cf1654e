import type { AuthorizationRequest, Ticket } from "../../shared/broker/authorization.ts";
import type { AuthorizationStore } from "../../shared/broker/ports.ts";
import { deepFreeze } from "./deep-freeze.ts";

export type MemoryAuthorizations = AuthorizationStore & {
  readonly tickets: ReadonlyMap<string, Ticket>;
  readonly requests: ReadonlyMap<string, AuthorizationRequest>;
};

/**
 * Tickets and authorization requests in memory. It runs the same contract suite as the store on DynamoDB.
 *
 * @param from begins with what that one holds
 */
export function memoryAuthorizations(from?: MemoryAuthorizations): MemoryAuthorizations {
  const tickets = new Map(from?.tickets);
  const requests = new Map(from?.requests);
  return {
    tickets,
    requests,
    async createTicket(ticket) {
      if (!tickets.has(ticket.hash)) tickets.set(ticket.hash, deepFreeze(ticket));
    },
    async readTicket(hash) {
      return tickets.get(hash);
    },
    async openOnTicket(hash, expected, open) {
      const ticket = tickets.get(hash);
      if (ticket === undefined || String(ticket.open) !== String(expected)) return false;
      tickets.set(hash, deepFreeze({ ...ticket, open: [...open] }));
      return true;
    },
    async spendTicket(hash, at) {
      const ticket = tickets.get(hash);
      if (ticket !== undefined) tickets.set(hash, { ...ticket, spentAt: ticket.spentAt ?? at });
    },
    async createRequest(request) {
      if (!requests.has(request.reference)) requests.set(request.reference, deepFreeze(request));
    },
    async readRequest(reference) {
      return requests.get(reference);
    },
    async takeRequest(reference, by, at) {
      const request = requests.get(reference);
      if (request === undefined) return false;
      const taken = request.taken ?? { by, at };
      requests.set(reference, { ...request, taken });
      return taken.by === by;
    },
    async finishRequest(reference, outcome) {
      const request = requests.get(reference);
      if (request !== undefined) requests.set(reference, { ...request, outcome: request.outcome ?? outcome });
    },
  };
}
