import { type Context, Hono } from "hono";
import * as v from "valibot";
import { ask, connectionUrl, type Surroundings, switchesUrl } from "./surroundings.ts";

const rejectedSchema = v.strictObject({ rejected: v.string() });

/**
 * What the page cannot do by the broker's own routes, because their answers, or what they are asked with, hold a token:
 *
 * - `POST /connections/{provider}/{account}/rejection` with `{"rejected": fingerprint}` reports an access token, as a
 *   consumer does that was answered with 401: `{"generation"}`.
 * - `POST /connections/{provider}/{account}/hand-in` takes a refresh token from the sandbox and hands it in: metadata.
 *
 * And the sandbox's switches, which listen on another port: `PUT /sandbox/{provider}/settings` and `/faults`, as
 * docs/sandbox.md describes them.
 *
 * @param surroundings asked for with every request: there are none before everything has started
 */
export function actionRoutes(surroundings: () => Surroundings): Hono {
  const routes = new Hono();

  routes.post("/connections/:provider/:account/rejection", async (context) => {
    const { provider, account } = context.req.param();
    const body = v.safeParse(rejectedSchema, await context.req.json().catch(() => undefined));
    if (!body.success) return problem(context, 400, 'The body has to be {"rejected": fingerprint}.');
    const stack = surroundings();
    const query = new URLSearchParams(body.output);
    const answer = await ask(stack, `${connectionUrl(stack, provider, account)}/access-token?${query}`);
    if (!answer.ok) return passOn(context, answer);
    const { generation } = (await answer.json()) as { readonly generation: number };
    return context.json({ generation });
  });

  routes.post("/connections/:provider/:account/hand-in", async (context) => {
    const { provider, account } = context.req.param();
    const stack = surroundings();
    if (!isSandbox(stack, provider)) return problem(context, 404, `There is no sandbox of ${provider}.`);
    const handedOut = await ask(stack, `${switchesUrl(stack, provider)}/refresh-tokens`, "PUT", { account });
    if (!handedOut.ok) return passOn(context, handedOut);
    const { refresh_token, origin } = (await handedOut.json()) as Readonly<Record<string, string>>;
    const url = connectionUrl(stack, provider, account);
    return passOn(context, await ask(stack, url, "PUT", { refresh_token, origin }));
  });

  for (const what of ["settings", "faults"] as const) {
    routes.put(`/sandbox/:provider/${what}`, async (context) => {
      const { provider } = context.req.param();
      const stack = surroundings();
      if (!isSandbox(stack, provider)) return problem(context, 404, `There is no sandbox of ${provider}.`);
      const body: unknown = await context.req.json().catch(() => undefined);
      return passOn(context, await ask(stack, `${switchesUrl(stack, provider)}/${what}`, "PUT", body));
    });
  }
  return routes;
}

function isSandbox({ providers }: Surroundings, id: string): boolean {
  return providers.some((provider) => provider.id === id && provider.isSandbox);
}

function problem(context: Context, status: 400 | 404, detail: string) {
  return context.json({ detail }, status);
}

/** An answer without a token in it, as it was given. */
async function passOn(context: Context, answer: Response): Promise<Response> {
  const type = answer.headers.get("content-type") ?? "text/plain";
  return context.body(await answer.text(), answer.status as 200, { "content-type": type });
}
