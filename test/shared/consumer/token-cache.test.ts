import { describe, expect, it } from "vitest";
import type { AccessToken } from "../../../shared/consumer/access-token.ts";
import { tokenCache } from "../../../shared/consumer/token-cache.ts";

const issuedAt = Date.UTC(2026, 10, 22);

function token(accessToken: string, issued = issuedAt): AccessToken {
  return { accessToken, issuedAt: issued, expiresAt: issued + 1_000_000, origin: "https://api.example" };
}

/** A cache at a time, in milliseconds after the tokens were issued. */
function cacheAt(limit = 10, minimumSeconds?: number) {
  const clock = { after: 0 };
  return { cache: tokenCache(limit, minimumSeconds, () => issuedAt + clock.after), clock };
}

describe("a cached token", () => {
  it("is handed out until its least life is left: a minute or a tenth of it, or what the client was told", () => {
    const quietUntil = (lifeMilliseconds: number, minimumSeconds?: number) => {
      const { cache, clock } = cacheAt(10, minimumSeconds);
      cache.keep("rd-station/acme", { ...token("a"), expiresAt: issuedAt + lifeMilliseconds });
      const entry = cache.get("rd-station/acme");
      // Near its end it was looked for a newer one, and there is none.
      clock.after = lifeMilliseconds * 0.89;
      if (entry !== undefined) cache.isRenewalDue(entry);
      return (entry?.quietUntil ?? 0) - issuedAt;
    };
    expect(quietUntil(1_000_000)).toBe(940_000);
    expect(quietUntil(100_000)).toBe(90_000);
    expect(quietUntil(1_000_000, 300)).toBe(700_000);
  });

  it("is never replaced by one that was issued earlier", () => {
    const { cache } = cacheAt();
    cache.keep("rd-station/acme", token("newer"));
    cache.keep("rd-station/acme", token("older", issuedAt - 1));
    expect(cache.get("rd-station/acme")?.token?.accessToken).toBe("newer");
    cache.keep("rd-station/acme", token("of the same moment"));
    expect(cache.get("rd-station/acme")?.token?.accessToken).toBe("of the same moment");
  });

  it("is looked at again from three quarters of its life on, and each twentieth of it, also where it stays", () => {
    const { cache, clock } = cacheAt();
    cache.keep("rd-station/acme", token("a"));
    const entry = cache.get("rd-station/acme");
    if (entry === undefined) throw new Error("It was not kept.");
    const dueAt = (after: number) => {
      clock.after = after;
      return cache.isRenewalDue(entry);
    };
    expect([749_999, 750_000, 750_001, 799_999].map(dueAt)).toEqual([false, true, false, false]);
    cache.keep("rd-station/acme", token("a"));
    expect([799_999, 800_000, 800_001].map(dueAt)).toEqual([false, true, false]);
  });

  it("is forgotten where it is the one that was rejected, and another is not", () => {
    const { cache } = cacheAt();
    cache.keep("rd-station/acme", token("current"));
    cache.forget("rd-station/acme", "an older one");
    expect(cache.get("rd-station/acme")?.token?.accessToken).toBe("current");
    cache.forget("rd-station/acme", "current");
    expect(cache.get("rd-station/acme")).toMatchObject({ token: undefined, answer: undefined });
    expect(cache.get("rd-station/acme")?.rejected).toMatch(/^[0-9a-f]{16}$/);
    cache.keep("rd-station/acme", token("new", issuedAt + 1));
    expect(cache.get("rd-station/acme")?.rejected).toBeUndefined();
  });
});

describe("a token that was rejected", () => {
  it("is not kept, also where it was read before that was known", () => {
    const { cache } = cacheAt();
    cache.forget("rd-station/acme", "rejected");
    cache.keep("rd-station/acme", token("rejected"));
    expect(cache.get("rd-station/acme")?.token).toBeUndefined();
  });
});

describe("a cookie", () => {
  it("goes with the token that it came with: the next one may be of another host", () => {
    const { cache } = cacheAt();
    cache.keep("itflex/acme", token("a"));
    cache.keepCookie("itflex/acme", "cookie", 600);
    cache.keep("itflex/acme", token("a"));
    expect(cache.cookieOf("itflex/acme")).toBe("cookie");
    cache.keep("itflex/acme", token("b", issuedAt + 1));
    expect(cache.cookieOf("itflex/acme")).toBeUndefined();
  });
});

describe("a full cache", () => {
  it("lets go of the one that came first, and holds no more than its limit", () => {
    const { cache } = cacheAt(100);
    for (let index = 0; index < 1_000; index++) cache.keep(`rd-station/${index}`, token(`${index}`));
    const kept = Array.from({ length: 1_000 }, (_, index) => index).filter((index) => cache.get(`rd-station/${index}`));
    expect(kept).toEqual(Array.from({ length: 100 }, (_, index) => 900 + index));
  });
});
