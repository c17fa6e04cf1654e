import type { ReceivedRequest } from "../http/received-request.ts";

/** The cookies of "Autenticação": hyphens, no Domain, no SameSite. 15 seconds is what the jar is told. */
export const setCookie = {
  accessToken: (value: string) => `access-token=${value}; Path=/; HttpOnly; Secure; Max-Age=15`,
  refreshToken: (value: string) => `refresh-token=${value}; Path=/; HttpOnly; Secure; Max-Age=2592000`,
} as const;

/** @returns the value of a request's cookie. */
export function cookieOf(request: ReceivedRequest, name: "access-token" | "refresh-token"): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [, key, value] = /^\s*([^=\s]+)=(.*?)\s*$/.exec(pair) ?? [];
    if (key === name && value !== undefined && value !== "") return value;
  }
  return undefined;
}
