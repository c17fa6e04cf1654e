export type Visit = {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
};

export type Browser = {
  /** One request, with the cookies of its host; redirects are not followed. */
  request(url: string, init?: RequestInit): Promise<Visit>;
  /** A navigation: follows redirects as a browser does, and ends on a page. */
  open(url: string, init?: RequestInit): Promise<Visit>;
  readonly cookies: ReadonlyMap<string, ReadonlyMap<string, string>>;
};

const mostRedirects = 10;

/** As much of a browser as an authorization needs: cookies by host name, and redirects. */
export function browser(): Browser {
  const cookies = new Map<string, Map<string, string>>();
  const request: Browser["request"] = async (url, init = {}) => {
    const { hostname } = new URL(url);
    const jar = cookies.get(hostname) ?? new Map<string, string>();
    cookies.set(hostname, jar);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    return { status: response.status, url, headers: response.headers, body: await response.text() };
  };
  const open: Browser["open"] = async (url, init) => {
    let visit = await request(url, init);
    for (let hops = 0; visit.status >= 300 && visit.status < 400; hops++) {
      if (hops === mostRedirects) throw new Error("Too many redirects");
      visit = await request(new URL(visit.headers.get("location") ?? "", visit.url).href);
    }
    return visit;
  };
  return { request, open, cookies };
}

/** Opens a ticket's link, picks an account on the provider's page, approves or declines, and ends on our page. */
export async function authorize(
  person: Browser,
  authorizationUrl: string,
  choice: { readonly account: string; readonly decision?: "approve" | "decline" },
): Promise<Visit> {
  const { callbackUrl } = await decide(person, authorizationUrl, choice);
  return person.open(callbackUrl);
}

/** As `authorize`, up to the redirect to the callback, which is not followed. */
export async function decide(
  person: Browser,
  authorizationUrl: string,
  choice: { readonly account: string; readonly decision?: "approve" | "decline" },
): Promise<{ readonly callbackUrl: string }> {
  const dialog = await person.open(authorizationUrl);
  if (dialog.status !== 200) throw new Error(`The dialog answered ${dialog.status}: ${dialog.body.slice(0, 200)}`);
  const url = new URL(dialog.url);
  const form = new URLSearchParams(url.searchParams);
  form.set("account", choice.account);
  form.set("decision", choice.decision ?? "approve");
  const answer = await person.request(url.origin + url.pathname, { method: "POST", body: form });
  return { callbackUrl: answer.headers.get("location") ?? "" };
}
