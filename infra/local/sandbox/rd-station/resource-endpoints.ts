import type { Grant } from "../grants/grant-records.ts";
import { jsonAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Performed } from "../http/endpoint.ts";
import type { ReceivedRequest } from "../http/received-request.ts";
import { judgeBearer, subjectOfBearer } from "./bearer.ts";
import { contacts, findContact } from "./contacts.ts";
import { errorAnswer, rdStationErrors } from "./error-answers.ts";
import type { RdStationState } from "./rd-station-state.ts";
import { resourceRefusal } from "./resource-refusal.ts";

const version = { "x-api-version": "2.0" };

/** `GET /marketing/account_info`: which account an access token belongs to, by its name only (official Ruby client, `account.rb`). */
export function accountInfoEndpoint(state: RdStationState): Endpoint {
  return resource(state, "account_info", (grant) =>
    answered("served", jsonAnswer(200, { name: grant.account }, version)),
  );
}

/** `GET /platform/contacts/email:…` or `uuid:…`, and `GET /platform/contacts?page=&page_size=`. */
export function contactsEndpoint(state: RdStationState): Endpoint {
  return resource(state, "contacts", (_grant, request) => {
    const identifier = /\/platform\/contacts\/([^/]+)$/.exec(request.path)?.[1];
    if (identifier === undefined) return contactList(state, request);
    const contact = findContact(decoded(identifier));
    const { envelope } = state.settings();
    return contact === undefined
      ? answered("not-found", errorAnswer(rdStationErrors.leadNotFound, envelope, { headers: version }))
      : answered("served", jsonAnswer(200, contact, version));
  });
}

function resource(
  state: RdStationState,
  name: string,
  serve: (grant: Grant, request: ReceivedRequest) => Performed,
): Endpoint {
  return {
    name,
    prepare: (request) => ({
      subject: subjectOfBearer(state, request),
      perform() {
        const bearer = judgeBearer(state, request);
        if (bearer.verdict === "good") return serve(bearer.grant, request);
        return answered(`${bearer.verdict}-token`, resourceRefusal(bearer.verdict, state.settings()));
      },
    }),
  };
}

function contactList(state: RdStationState, request: ReceivedRequest): Performed {
  const size = positive(request.query.get("page_size"), 25);
  const first = (positive(request.query.get("page"), 1) - 1) * size;
  if (size > 125) {
    const tooHigh = {
      status: 400,
      error_type: "TOO_HIGH",
      error_message: "Must be less than or equal to 125.",
      documented: "object",
    } as const;
    return answered("page-too-large", errorAnswer(tooHigh, state.settings().envelope, { headers: version }));
  }
  return answered("served", jsonAnswer(200, { contacts: contacts.slice(first, first + size) }, version));
}

function positive(value: string | null, otherwise: number): number {
  return value !== null && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : otherwise;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
