import { requireProvider } from "../shared/broker/known-provider.ts";
import { startAuthorization } from "../shared/broker/start-authorization.ts";
import { readBinding } from "../shared/runtime/binding-cookie.ts";
import { nothing } from "../shared/runtime/http-answer.ts";
import { answerStart, isPrefetch } from "../shared/runtime/pages/authorization-pages.ts";
import { pageHandler } from "../shared/runtime/pages/page-handler.ts";
import { authorizationPorts, log } from "../shared/runtime/ports.ts";

/** `GET /auth/{provider}/start?ticket=…`: sends a browser to the provider's authorization page. */
export const handler = pageHandler(log, async (call) => {
  if (isPrefetch(call)) return nothing;
  const ports = authorizationPorts();
  const provider = requireProvider(ports.providers, call.path["provider"] ?? "");
  const ticket = call.query["ticket"] ?? "";
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(ticket)) return { status: 400, key: "malformed" };
  const { publicUrl } = ports.settings;
  const input = { provider: provider.id, ticket, binding: readBinding(call, publicUrl) };
  return answerStart(await startAuthorization(ports, input), provider, publicUrl);
});
