import dns from "node:dns";
import net, { isIPv4, isIPv6 } from "node:net";
import { isPublicAddress } from "../../shared/runtime/customer-origin/public-address.ts";

/*
 * An internet for one process, loaded before everything else by `--import`. `INTERNET_NAMES` holds what its name servers
 * answer, `{"name": [addresses, addresses, …]}`: with each look-up the next, the last for ever. Public addresses are this
 * machine. What else is not this machine is not reached. Look-ups and connections are printed.
 */
const names = JSON.parse(process.env["INTERNET_NAMES"] ?? "{}") as Record<string, (readonly string[])[]>;

function addressesOf(name: string): readonly string[] {
  const answers = names[name] ?? [];
  return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
}

function answer(code: string, addresses: readonly string[]): Promise<string[]> {
  return addresses.length > 0
    ? Promise.resolve([...addresses])
    : Promise.reject(Object.assign(new Error(code), { code }));
}

const resolver = dns.promises.Resolver.prototype;
const current = new Map<string, readonly string[]>();

Object.assign(resolver, {
  resolve4: (name: string) => {
    current.set(name, addressesOf(name));
    console.log(`internet: looked up ${name}`);
    return answer("ENODATA", (current.get(name) ?? []).filter(isIPv4));
  },
  resolve6: (name: string) => answer("ENODATA", (current.get(name) ?? []).filter(isIPv6)),
});

const { connect } = net.Socket.prototype;

Object.assign(net.Socket.prototype, {
  connect(this: net.Socket, ...input: readonly unknown[]) {
    const options = (Array.isArray(input[0]) ? input[0][0] : input[0]) as { host?: string; port?: number };
    const { host = "localhost" } = options;
    if (host === "localhost" || host === "127.0.0.1") return Reflect.apply(connect, this, input);
    console.log(`internet: connected to ${host}`);
    if (!isPublicAddress(host)) return this.destroy(Object.assign(new Error("unreachable"), { code: "ENETUNREACH" }));
    options.host = "127.0.0.1";
    return Reflect.apply(connect, this, input);
  },
});
