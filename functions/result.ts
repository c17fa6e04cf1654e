import { requestGoneAt } from "../shared/broker/authorization.ts";
import { describeTaken } from "../shared/broker/authorization-outcome.ts";
import { requireProvider } from "../shared/broker/known-provider.ts";
import { answerResult } from "../shared/runtime/authorization-pages.ts";
import { pageHandler } from "../shared/runtime/http-handler.ts";
import { log, resultPorts } from "../shared/runtime/ports.ts";
import { systemClock } from "../shared/runtime/system.ts";

/** `GET /auth/{provider}/result/{reference}`: how an authorization ended, under a URL without a secret. */
export const handler = pageHandler(log, async (call) => {
  const ports = resultPorts();
  const provider = requireProvider(ports.providers, call.path["provider"] ?? "");
  const reference = call.path["reference"] ?? "";
  const request = /^[0-9a-f]{32}$/.test(reference) ? await ports.authorizations.readRequest(reference) : undefined;
  const isKept = request !== undefined && requestGoneAt(request) > systemClock.now();
  const found =
    isKept && request.provider === provider.id ? await describeTaken(ports, request) : ({ kind: "unknown" } as const);
  return answerResult(found, provider, call);
});
