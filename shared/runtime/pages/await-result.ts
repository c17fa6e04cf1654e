import { requestGoneAt } from "../../broker/authorization.ts";
import { type CallbackResult, describeTaken } from "../../broker/authorization-outcome.ts";
import type { Ports } from "../../broker/ports.ts";
import { timing } from "../../broker/timing.ts";
import type { Provider } from "../../providers/provider.ts";

type ResultPorts = Pick<Ports, "authorizations" | "connections" | "clock" | "log">;

/**
 * Looks how an authorization ended. One that is under way is waited for, as long as a reader waits: a page that loads itself
 * again would begin to be read out anew each time.
 *
 * @param reference as a stranger's URL has it
 */
export async function awaitResult(ports: ResultPorts, provider: Provider, reference: string): Promise<CallbackResult> {
  const waitUntil = ports.clock.now() + timing.wait;
  for (let pause: number = timing.waitFirst; ; pause = Math.min(pause * 2, timing.waitLongest)) {
    const result = await look(ports, provider, reference);
    if (result.kind !== "under-way" || ports.clock.now() + pause > waitUntil) return result;
    await ports.clock.sleep(pause);
  }
}

async function look(ports: ResultPorts, provider: Provider, reference: string): Promise<CallbackResult> {
  const request = /^[0-9a-f]{32}$/.test(reference) ? await ports.authorizations.readRequest(reference) : undefined;
  const isKept = request !== undefined && requestGoneAt(request) > ports.clock.now();
  return isKept && request.provider === provider.id ? describeTaken(ports, request) : { kind: "unknown" };
}
