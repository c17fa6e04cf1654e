import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import {
  type AuthorizationFailure,
  type AuthorizationOutcome,
  type AuthorizationRequest,
  requestGoneAt,
  type Ticket,
} from "../broker/authorization.ts";
import {
  type Codec,
  type Codecs,
  flag,
  nullable,
  number,
  record,
  text,
  unreadable,
  writeMembers,
} from "./attribute.ts";
import { table } from "./table-definition.ts";

const day = 24 * 60 * 60_000;

/** As one text, so that a condition can compare it: not every implementation of DynamoDB compares lists by their members. */
export const times: Codec<readonly number[]> = {
  write: (value) => ({ S: value.join(",") }),
  read: (attribute, name) => {
    const stored = attribute?.S ?? unreadable(name);
    return stored === "" ? [] : stored.split(",").map(Number);
  },
};

export const ticketCodecs: Codecs<Ticket> = {
  hash: text(),
  provider: text(),
  account: text(),
  issuedAt: number,
  expiresAt: number,
  returnTo: nullable(text()),
  allowOtherAccount: flag,
  spentAt: nullable(number),
  open: times,
};

export const taken = record<NonNullable<AuthorizationRequest["taken"]>>({ by: text(), at: number });

const outcomeRecord = record<{
  readonly result: AuthorizationOutcome["result"];
  readonly label: string | null;
  readonly why: AuthorizationFailure | null;
}>({ result: text(), label: nullable(text()), why: nullable(text()) });

export const outcome: Codec<AuthorizationOutcome> = {
  write: (value) => outcomeRecord.write({ label: null, why: null, ...value }),
  read: (attribute, name) => {
    const { result, label, why } = outcomeRecord.read(attribute, name);
    if (result === "authorized") return { result, label };
    if (result === "declined") return { result };
    return { result, why: why ?? unreadable(`${name}.why`) };
  },
};

export const requestCodecs: Codecs<AuthorizationRequest> = {
  reference: text(),
  provider: text(),
  account: text(),
  ticketHash: text(),
  ticketIssuedAt: number,
  bindingHash: text(),
  returnTo: nullable(text()),
  allowOtherAccount: flag,
  expiresAt: number,
  taken: nullable(taken),
  outcome: nullable(outcome),
};

/** Primary key of a ticket's item. */
export function ticketKey(hash: string): Record<string, AttributeValue> {
  return { [table.key]: { S: `ticket#${hash}` } };
}

/** Primary key of an authorization request's item. */
export function requestKey(reference: string): Record<string, AttributeValue> {
  return { [table.key]: { S: `request#${reference}` } };
}

/** A ticket's item. It outlives the ticket by a day, so that whoever opens it late is told that it has expired. */
export function ticketItem(ticket: Ticket): Record<string, AttributeValue> {
  return {
    ...ticketKey(ticket.hash),
    ...writeMembers(ticketCodecs, ticket),
    [table.timeToLive]: epochSeconds(ticket.expiresAt + day),
  };
}

/** An authorization request's item. It lives as long as the page that shows its outcome. */
export function requestItem(request: AuthorizationRequest): Record<string, AttributeValue> {
  return {
    ...requestKey(request.reference),
    ...writeMembers(requestCodecs, request),
    [table.timeToLive]: epochSeconds(requestGoneAt(request)),
  };
}

function epochSeconds(milliseconds: number): AttributeValue {
  return { N: String(Math.ceil(milliseconds / 1000)) };
}
