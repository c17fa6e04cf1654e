import { requireProvider } from "../shared/broker/known-provider.ts";
import { answerResult } from "../shared/runtime/pages/authorization-pages.ts";
import { awaitResult } from "../shared/runtime/pages/await-result.ts";
import { pageHandler } from "../shared/runtime/pages/page-handler.ts";
import { log, resultPorts } from "../shared/runtime/ports.ts";

/** `GET /auth/{provider}/result/{reference}`: how an authorization ended, under a URL without a secret. */
export const handler = pageHandler(log, async (call) => {
  const ports = resultPorts();
  const provider = requireProvider(ports.providers, call.path["provider"] ?? "");
  const result = await awaitResult(ports, provider, call.path["reference"] ?? "");
  return answerResult(result, provider, ports.settings.publicUrl);
});
