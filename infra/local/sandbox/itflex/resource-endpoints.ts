import type { Grant } from "../grants/grant-records.ts";
import { jsonAnswer } from "../http/answer.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { behindToken } from "./caller.ts";
import { keysOf } from "./customer.ts";
import { msgAnswer } from "./error-answers.ts";
import type { ItflexState } from "./itflex-state.ts";

const users = { total: 1, users: [{ id: "Aoyc5feKgmFGhgESFupoL", name: "João da Silva" }] };

/** `GET /api/v1/users`, the documentation's example of a call. */
export function usersEndpoint(state: ItflexState): Endpoint {
  return behindToken(state, "users", () => ({ outcome: "served", answer: jsonAnswer(200, users) }));
}

/**
 * `GET /api/3rdparty/apikeys`, and `GET` and `DELETE` of `/api/3rdparty/apikeys/{id}`: the caller's own customer's keys.
 * The listing returns the keys themselves, as the real one does.
 */
export function apikeysEndpoint(state: ItflexState): Endpoint {
  return behindToken(state, "apikeys", (caller, request) => {
    const keys = keysOf(state.grants, caller.account);
    const live = keys.filter(({ endedAt }) => endedAt === null);
    const wire = (key: Grant) => wireKey(state, key, keys.indexOf(key) + 1);
    const id = /\/apikeys\/([^/]+)$/.exec(request.path)?.[1];
    if (id === undefined) {
      const cursor = { current: 0, next: null, previous: null };
      return { outcome: "served", answer: jsonAnswer(200, { cursor, apikeys: live.map(wire) }) };
    }
    const key = live.find((each) => String(keys.indexOf(each) + 1) === id);
    if (key === undefined) return { outcome: "not-found", answer: msgAnswer(404, "Not found") };
    if (request.method !== "DELETE") return { outcome: "served", answer: jsonAnswer(200, wire(key)) };
    state.grants.end(key, "revocation-endpoint", state.now());
    return { outcome: "key-deleted", answer: jsonAnswer(200, {}) };
  });
}

function wireKey(state: ItflexState, key: Grant, id: number): object {
  const created = new Date(key.createdAt).toISOString();
  return {
    id,
    name: `apikey ${id}`,
    superuser: true,
    roles: [],
    token: state.tokens.key(key),
    created_at: created,
    updated_at: created,
  };
}
