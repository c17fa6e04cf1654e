import { setTimeout as wait } from "node:timers/promises";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import { editTokenAnswer } from "../faults/edit-token-answer.ts";
import type { AnswerFault } from "../faults/fault.ts";
import type { DrawnFaults, FaultSwitchboard } from "../faults/fault-switchboard.ts";
import type { RequestRecord, RequestRecorder } from "../record/request-recorder.ts";
import type { SandboxEnv } from "../sandbox-provider.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import type { Endpoint, Prepared } from "./endpoint.ts";
import { receiveRequest } from "./received-request.ts";
import { type Delivery, sendAnswer } from "./send-answer.ts";

export type EndpointHost = {
  readonly recorder: RequestRecorder;
  readonly faults: FaultSwitchboard;
  /** What the provider answers when a fault stands in for it; undefined for a connection reset. */
  readonly faultAnswer: (fault: AnswerFault, endpoint: string) => Answer | undefined;
  readonly now: () => number;
  /** Ends every wait when the sandbox closes. */
  readonly closing: AbortSignal;
};

/**
 * Puts an endpoint behind the recorder and the fault switches.
 *
 * @returns a Hono handler. It writes to the raw response, because that is what a reset or a cut answer needs.
 */
export function serveEndpoint(endpoint: Endpoint, host: EndpointHost): (c: Context<SandboxEnv>) => Promise<Response> {
  return async (c) => {
    const { incoming, outgoing } = c.env;
    const record = host.recorder.begin(endpoint.name, incoming.method ?? "GET");
    outgoing.once("finish", record.ended);
    outgoing.once("close", record.ended);
    const { answer, delivery } = await answerFor(endpoint, host, record, () => receiveRequest(incoming));
    record.answering(delivery === "reset" ? null : answer.status);
    sendAnswer(outgoing, answer, delivery);
    return RESPONSE_ALREADY_SENT;
  };
}

type Outgoing = { readonly answer: Answer; readonly delivery: Delivery };
const nothing: Outgoing = { answer: jsonAnswer(500, {}), delivery: "reset" };

async function answerFor(
  endpoint: Endpoint,
  host: EndpointHost,
  record: RequestRecord,
  receive: () => ReturnType<typeof receiveRequest>,
): Promise<Outgoing> {
  try {
    const request = await receive();
    if (request === undefined) {
      record.dropped("too-large");
      return { answer: jsonAnswer(413, { message: "Request size limit exceeded" }), delivery: "whole" };
    }
    const prepared = await endpoint.prepare(request);
    record.identified(prepared.subject);
    const faults = host.faults.draw(endpoint.name, prepared.subject);
    record.hit(faults.ids);
    return await withFaults(prepared, faults, endpoint.name, host, record);
  } catch (error) {
    const cutOff = host.closing.aborted || (error instanceof Error && "code" in error && error.code === "ECONNRESET");
    record.dropped(cutOff ? "not-processed" : "sandbox-error");
    return cutOff ? nothing : { answer: jsonAnswer(500, { sandbox_error: String(error) }), delivery: "whole" };
  }
}

async function withFaults(
  prepared: Prepared,
  faults: DrawnFaults,
  endpoint: string,
  host: EndpointHost,
  record: RequestRecord,
): Promise<Outgoing> {
  const pause = async () => wait(faults.delay?.milliseconds ?? 0, undefined, { signal: host.closing });
  if (faults.delay !== undefined && faults.delay.processed !== true) await pause();
  let answer: Answer | undefined;
  if (faults.answer === undefined || faults.answer.processed === true) {
    const performed = prepared.perform({ keepRefreshToken: faults.noRefreshToken !== undefined });
    record.performed(performed);
    const finished = await performed.finished;
    if (finished.accessHash !== undefined) record.issuedAccessToken(finished.accessHash);
    answer = editTokenAnswer(finished.answer, faults);
  } else {
    record.dropped("not-processed");
  }
  if (faults.delay?.processed === true) await pause();
  if (faults.answer !== undefined) answer = host.faultAnswer(faults.answer, endpoint);
  if (answer === undefined) return nothing;
  return {
    answer: dated(spoiled(answer, faults), faults, host.now()),
    delivery: faults.spoil?.kind === "cut" ? "cut" : "whole",
  };
}

function spoiled(answer: Answer, faults: DrawnFaults): Answer {
  if (faults.spoil?.kind !== "broken-json") return answer;
  return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
}

function dated(answer: Answer, faults: DrawnFaults, now: number): Answer {
  if (faults.dateOffset === undefined) return answer;
  const date = new Date(now + faults.dateOffset.seconds * 1000).toUTCString();
  return { ...answer, headers: { ...answer.headers, date } };
}
