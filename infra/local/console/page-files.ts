import { readFile } from "node:fs/promises";
import { type Context, Hono } from "hono";

const types = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

/** Nothing comes from anywhere else, nothing is written into the page as markup, and nobody frames it. */
const headers = {
  "cache-control": "no-store",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** The page at `/`, with its script and style below `/console/`. They are read when asked for: there is no build step. */
export function pageFiles(): Hono {
  const routes = new Hono();
  routes.get("/", (context) => send(context, "index.html"));
  routes.get("/console/:file{[a-z-]+\\.(?:css|js|svg)}", (context) => send(context, context.req.param("file")));
  return routes;
}

async function send(context: Context, file: string): Promise<Response> {
  const text = await readFile(new URL(`page/${file}`, import.meta.url), "utf8").catch(() => undefined);
  if (text === undefined) return context.notFound();
  const type = types[file.slice(file.lastIndexOf(".") + 1) as keyof typeof types];
  return context.body(text, 200, { ...headers, "content-type": type });
}
