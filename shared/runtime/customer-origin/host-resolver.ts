import { Resolver } from "node:dns/promises";

/**
 * All addresses that a host name has right now, of both families.
 *
 * Rejects with a system error where it has none or nobody answers; the catcher connects to nothing.
 */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

export type DnsOptions = {
  /** Name servers in place of the system's, `address:port`. */
  readonly servers?: readonly string[];
  /** For the first try; the second waits twice as long. */
  readonly timeoutMilliseconds?: number;
};

/**
 * Asks the system's name servers for A and AAAA records, once each, following aliases.
 *
 * Not `dns.lookup`: that one also believes the hosts file and search domains, cannot be stopped, and each of a stranger's
 * slow names would hold one of the four threads that everything else in the process waits for.
 *
 * @see https://nodejs.org/api/dns.html#implementation-considerations
 */
export function dnsResolver({ servers, timeoutMilliseconds = 800 }: DnsOptions = {}): ResolveHost {
  return async (host, signal) => {
    const resolver = new Resolver({ timeout: timeoutMilliseconds, tries: 2 });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      if (ipv4.status === "rejected" && ipv6.status === "rejected") throw ipv4.reason;
      return [ipv4, ipv6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}
