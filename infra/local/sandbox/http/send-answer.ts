import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";

/** `cut`: half of the body, then the connection closes. `reset`: a TCP reset and nothing else. */
export type Delivery = "whole" | "cut" | "reset";

/**
 * Writes an answer to the connection, or fails to in the way that was asked for.
 *
 * Takes the raw response because a framework's response cannot be cut in the middle.
 */
export function sendAnswer(outgoing: ServerResponse, answer: Answer, delivery: Delivery): void {
  const socket = outgoing.socket;
  if (socket === null || outgoing.destroyed) return;
  if (delivery === "reset") {
    socket.resetAndDestroy();
    return;
  }
  const body = Buffer.from(answer.body);
  outgoing.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) outgoing.setHeader(name, value);
  outgoing.setHeader("content-length", body.length);
  if (delivery === "cut") {
    outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => socket.destroy());
    return;
  }
  outgoing.end(body);
}
