import { describe, expect, it } from "vitest";
import type { AccessToken } from "../../../shared/consumer/access-token.ts";
import { singleFlight } from "../../../shared/consumer/single-flight.ts";
import type { Want } from "../../../shared/consumer/token-source.ts";

const anything: Want = { minimumSeconds: undefined, rejected: undefined };

/** Reads that end when they are told to. */
function flights() {
  const begun: { readonly want: Want; readonly end: (seconds: number) => void; readonly fail: () => void }[] = [];
  const flight = singleFlight(
    (_connection, want) =>
      new Promise<AccessToken>((resolve, reject) => {
        const end = (seconds: number) =>
          resolve({ accessToken: `${seconds}`, issuedAt: 0, expiresAt: seconds * 1000, origin: "" });
        begun.push({ want, end, fail: () => reject(new Error("down")) });
      }),
    (token, { minimumSeconds = 0, rejected }) =>
      token.expiresAt >= minimumSeconds * 1000 && token.accessToken !== rejected,
  );
  return { ...flight, begun, read: (want: Want = anything) => flight.read("rd-station/acme", want) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("reads of one connection at once", () => {
  it("are one read, whatever comes of it", async () => {
    const { read, begun } = flights();
    const all = Array.from({ length: 50 }, () => read().catch((error: Error) => error.message));
    begun[0]?.fail();
    expect(new Set(await Promise.all(all))).toEqual(new Set(["down"]));
    expect(begun).toHaveLength(1);
    const next = read();
    begun[1]?.end(60);
    expect(await next).toMatchObject({ accessToken: "60" });
  });

  it("are two where some want more than the first will bring, and not one for each of those", async () => {
    const { read, begun } = flights();
    const modest = read();
    const demanding = Array.from({ length: 20 }, () => read({ ...anything, minimumSeconds: 100 }));
    begun[0]?.end(60);
    await modest;
    await settled();
    expect(begun.map(({ want }) => want.minimumSeconds)).toEqual([undefined, 100]);
    begun[1]?.end(70);
    expect(new Set((await Promise.all(demanding)).map(({ accessToken }) => accessToken))).toEqual(new Set(["70"]));
  });

  it("are one where the first brings enough for those who want more", async () => {
    const { read, begun } = flights();
    const both = [read(), read({ ...anything, minimumSeconds: 100 })];
    begun[0]?.end(600);
    expect((await Promise.all(both)).map(({ accessToken }) => accessToken)).toEqual(["600", "600"]);
    expect(begun).toHaveLength(1);
  });

  it("are two where one wants hardly anything, and another what is usual", async () => {
    const { read, begun } = flights();
    const modest = read({ ...anything, minimumSeconds: 1 });
    void read({ ...anything, minimumSeconds: undefined });
    begun[0]?.fail();
    await modest.catch(() => undefined);
    await settled();
    expect(begun.map(({ want }) => want.minimumSeconds)).toEqual([1, undefined]);
  });

  it("are two where one brings what another has rejected", async () => {
    const { read, begun } = flights();
    const innocent = read();
    const rejecting = read({ ...anything, rejected: "60" });
    begun[0]?.end(60);
    await innocent;
    await settled();
    begun[1]?.end(61);
    expect(await rejecting).toMatchObject({ accessToken: "61" });
  });

  it("do not fail because one that nobody waits for has failed", async () => {
    const { read, readInBackground, begun } = flights();
    readInBackground("rd-station/acme", anything);
    readInBackground("rd-station/acme", anything);
    const all = [read(), read()];
    expect(begun).toHaveLength(1);
    begun[0]?.fail();
    await settled();
    expect(begun).toHaveLength(2);
    begun[1]?.end(60);
    expect((await Promise.all(all)).map(({ accessToken }) => accessToken)).toEqual(["60", "60"]);
  });
});
