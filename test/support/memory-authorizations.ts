import type { AuthorizationRequest, Ticket } from "../../shared/broker/authorization.ts";
import type { AuthorizationStore } from "../../shared/broker/ports.ts";

export type MemoryAuthorizations = AuthorizationStore & {
  readonly tickets: ReadonlyMap<string, Ticket>;
  readonly requests: ReadonlyMap<string, AuthorizationRequest>;
};

/** Tickets and authorization requests in memory. It runs the same contract suite as the store on DynamoDB. */
export function memoryAuthorizations(): MemoryAuthorizations {
  const tickets = new Map<string, Ticket>();
  const requests = new Map<string, AuthorizationRequest>();
  return {
    tickets,
    requests,
    async createTicket(ticket) {
      if (!tickets.has(ticket.hash)) tickets.set(ticket.hash, structuredClone(ticket));
    },
    async readTicket(hash) {
      return structuredClone(tickets.get(hash));
    },
    async openOnTicket(hash, expected, open) {
      const ticket = tickets.get(hash);
      if (ticket === undefined || String(ticket.open) !== String(expected)) return false;
      tickets.set(hash, { ...ticket, open: [...open] });
      return true;
    },
    async spendTicket(hash, at) {
      const ticket = tickets.get(hash);
      if (ticket !== undefined) tickets.set(hash, { ...ticket, spentAt: ticket.spentAt ?? at });
    },
    async createRequest(request) {
      if (!requests.has(request.reference)) requests.set(request.reference, structuredClone(request));
    },
    async readRequest(reference) {
      return structuredClone(requests.get(reference));
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
