import { createSocket } from "node:dgram";
import { isIPv4 } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { dnsResolver } from "../../../../shared/runtime/customer-origin/host-resolver.ts";

const ipv4Type = 1;
const ipv6Type = 28;
const open: { readonly close: () => void }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

type Answer = { readonly code?: number; readonly addresses?: readonly string[] } | "silence";

/** A name server that answers queries for A and AAAA records, and keeps what it was asked. */
async function startNameServer(answers: Readonly<Record<number, Answer>>) {
  const asked: number[] = [];
  const names: string[] = [];
  const server = createSocket("udp4");
  open.push(server);
  server.on("message", (query, from) => {
    const end = query.indexOf(0, 12) + 1;
    const type = query.readUInt16BE(end);
    asked.push(type);
    names.push(
      query
        .subarray(13, end - 1)
        .toString("latin1")
        .replace(/[^a-z]/g, "."),
    );
    const answer = answers[type] ?? {};
    if (answer === "silence") return;
    const records = (answer.addresses ?? []).map((address) => asRecord(type, address));
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | (answer.code ?? 0), 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    server.send(Buffer.concat([header, query.subarray(12, end + 4), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  return { asked, names, servers: [`127.0.0.1:${server.address().port}`] };
}

function asRecord(type: number, address: string): Buffer {
  const data = isIPv4(address)
    ? Buffer.from(address.split(".").map(Number))
    : Buffer.from(
        address
          .split(":")
          .map((group) => group.padStart(4, "0"))
          .join(""),
        "hex",
      );
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([head, data]);
}

const resolve = (servers: readonly string[], signal = new AbortController().signal) =>
  dnsResolver({ servers, timeoutMilliseconds: 100 })("acme.example.com", signal);

describe("dnsResolver", () => {
  it("gives all addresses of both families, and asks once for each", async () => {
    const { asked, names, servers } = await startNameServer({
      [ipv4Type]: { addresses: ["192.0.2.1", "127.0.0.1"] },
      [ipv6Type]: { addresses: ["2001:db8:0:0:0:0:0:1"] },
    });
    expect(await resolve(servers)).toEqual(["192.0.2.1", "127.0.0.1", "2001:db8::1"]);
    expect(asked.toSorted((a, b) => a - b)).toEqual([ipv4Type, ipv6Type]);
    expect(new Set(names)).toEqual(new Set(["acme.example.com"]));
  });

  it.each<readonly [string, Answer]>([
    ["does not exist", {}],
    ["cannot be found out", { code: 2 }],
    ["is never answered", "silence"],
  ])("is content with one family where the other %s", async (_, answer) => {
    const { servers } = await startNameServer({ [ipv4Type]: { addresses: ["192.0.2.1"] }, [ipv6Type]: answer });
    expect(await resolve(servers)).toEqual(["192.0.2.1"]);
  });

  it.each<readonly [string, Answer]>([
    ["ENOTFOUND", { code: 3 }],
    ["ENODATA", {}],
    ["ESERVFAIL", { code: 2 }],
    ["ETIMEOUT", "silence"],
  ])("rejects with %s where there is nothing", async (code, answer) => {
    const { servers } = await startNameServer({ [ipv4Type]: answer, [ipv6Type]: answer });
    await expect(resolve(servers)).rejects.toMatchObject({ code });
  });

  it("stops when it is told to", async () => {
    const { servers } = await startNameServer({ [ipv4Type]: "silence", [ipv6Type]: "silence" });
    const controller = new AbortController();
    const resolving = dnsResolver({ servers, timeoutMilliseconds: 10_000 })("acme.example.com", controller.signal);
    setTimeout(() => controller.abort(), 20);
    await expect(resolving).rejects.toMatchObject({ code: "ECANCELLED" });
  });
});
