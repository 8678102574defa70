import { BlockList, isIP } from "node:net";

/**
 * Proxies whose word for whom they ask counts (`X-Forwarded-For`). It goes into limits and the access log, so from anybody else it would
 * let one client pass for many.
 */
export class Proxies {
  readonly #list = new BlockList();

  /**
   * Each is an address or a network: `10.0.0.4`, `fd00::/8`.
   *
   * @throws {RangeError} with what is neither as its message
   */
  constructor(addresses: readonly string[]) {
    for (const each of addresses) {
      const [, address = "", prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(each) ?? [];
      const version = isIP(address);
      const bits = version === 6 ? 128 : 32;
      if (version === 0 || Number(prefix ?? 0) > bits) throw new RangeError(each);
      this.#list.addSubnet(address, prefix === undefined ? bits : Number(prefix), version === 6 ? "ipv6" : "ipv4");
    }
  }

  /**
   * Whom a request comes from. Each proxy writes its peer behind what it was given, so the last address that is not a proxy's is the
   * last that one of them has seen itself; what stands before it anybody may have written.
   */
  clientOf(peer: string, forwardedFor: string | undefined): string {
    const way = (forwardedFor ?? "").split(",").map((each) => each.trim());
    let client = peer;
    while (way.length > 0 && this.#has(client)) {
      const before = withoutPort(way.pop()!);
      if (isIP(before) === 0) break;
      client = before;
    }
    return client;
  }

  #has(address: string): boolean {
    // As a socket that listens on IPv6 too names a peer of IPv4.
    const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 6 ? "ipv6" : "ipv4");
  }
}

/** Some proxies write the port of their peer behind its address: `203.0.113.9:51234`, `[2001:db8::1]:51234`. */
const withoutPort = (text: string) => text.replace(/^(?:\[([\da-f:.]{2,45})\]|([\d.]{7,15}))(?::\d{1,5})?$/i, "$1$2");

/** On this machine. */
export const proxiesHere = ["127.0.0.0/8", "::1"];
