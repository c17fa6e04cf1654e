import { finishAuthorization } from "../shared/broker/callback.ts";
import { requireProvider } from "../shared/broker/known-provider.ts";
import { readBinding } from "../shared/runtime/binding-cookie.ts";
import { readCallback } from "../shared/runtime/callback-query.ts";
import { nothing, redirect } from "../shared/runtime/http-answer.ts";
import { answerCallback, isPrefetch } from "../shared/runtime/pages/authorization-pages.ts";
import { pageHandler } from "../shared/runtime/pages/page-handler.ts";
import { callbackPorts, log, measured } from "../shared/runtime/ports.ts";

/** `GET /auth/{provider}/callback?code&state`: the URL that is registered at the provider. */
export const handler = measured(
  pageHandler(log, async (call) => {
    if (isPrefetch(call)) return nothing;
    const ports = callbackPorts();
    const provider = requireProvider(ports.providers, call.path["provider"] ?? "");
    const { publicUrl, installUrl } = ports.settings;
    const query = readCallback(call.query);
    if (query.kind === "malformed") return { status: 400, key: "malformed" };
    if (query.kind === "install") {
      if (installUrl !== undefined) return redirect(303, installUrl);
      const key = query.error === "access_denied" ? "install_declined" : "install";
      return { status: 400, key, provider: provider.name };
    }
    const input = { provider: provider.id, ...query, binding: readBinding(call, publicUrl) };
    const result = await finishAuthorization(ports, input, call.invocation.endsAt);
    return answerCallback(result, provider, publicUrl);
  }),
);
