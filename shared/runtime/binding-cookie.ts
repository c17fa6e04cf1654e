import { authorizationLives } from "../broker/authorization.ts";
import type { HttpCall } from "./http-call.ts";

/** `__Host-` ties a cookie to this very host over https. On plain http, which only loopback may use, it cannot be set. */
function cookieName(publicUrl: string): string {
  return publicUrl.startsWith("https:") ? "__Host-chaveiro" : "chaveiro";
}

/** The browser's binding cookie, if it sent one. */
export function readBinding(call: HttpCall, publicUrl: string): string | undefined {
  const prefix = `${cookieName(publicUrl)}=`;
  return call.cookies.find((cookie) => cookie.startsWith(prefix))?.slice(prefix.length);
}

/** Binds a browser to the authorization requests it starts. Lax: the callback is a navigation from the provider's site. */
export function writeBinding(binding: string, publicUrl: string): string {
  const secure = publicUrl.startsWith("https:") ? "; Secure" : "";
  const maxAge = authorizationLives.request / 1000;
  return `${cookieName(publicUrl)}=${binding}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
}
