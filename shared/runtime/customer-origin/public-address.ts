import { BlockList, isIPv4, isIPv6 } from "node:net";

/** All of the registry, whatever it says about reachability: no customer's host is in any of it. */
const specialIpv4 = blockList("ipv4", [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // carriers' own
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local; instance metadata
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments; metadata of Oracle's cloud
  "192.0.2.0/24", // documentation
  "192.31.196.0/24", // AS112
  "192.52.193.0/24", // AMT
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "192.175.48.0/24", // AS112
  "198.18.0.0/15", // benchmarking
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, and broadcast
  "168.63.129.16/32", // metadata of Azure; in no registry
]);

/** All that IANA has to give out as global unicast. Mapped, compatible, translated, local and multicast are outside. */
const globalUnicast = blockList("ipv6", ["2000::/3"]);

const specialIpv6 = blockList("ipv6", [
  "2001::/23", // protocol assignments: Teredo, benchmarking, ORCHID
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4
  "2620:4f:8000::/48", // AS112
  "3ffe::/16", // 6bone, returned
  "3fff::/20", // documentation
]);

/**
 * Whether an address is one that a host on the internet can have: unicast, globally reachable, and itself, not another
 * address in disguise.
 *
 * @param address as a resolver gives it; with a zone, or in any spelling but the usual ones, it is refused
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 * @see https://www.iana.org/assignments/ipv6-address-space
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !specialIpv4.check(address, "ipv4");
  if (!isIPv6(address) || address.includes("%")) return false;
  return globalUnicast.check(address, "ipv6") && !specialIpv6.check(address, "ipv6");
}

function blockList(family: "ipv4" | "ipv6", subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", bits] = subnet.split("/");
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}
