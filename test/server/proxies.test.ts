import assert from "node:assert/strict";
import { test } from "node:test";
import { Proxies, proxiesHere } from "../../src/server/proxies.ts";

test("a client is whom the last proxy that is trusted has seen, whatever stands before it", () => {
  const proxies = new Proxies(["10.0.0.0/24", "192.0.2.7", "fd00::/8"]);
  for (const [peer, said, client] of [
    ["203.0.113.9", "6.6.6.6", "203.0.113.9"],
    ["203.0.113.9", undefined, "203.0.113.9"],
    ["10.0.0.4", "6.6.6.6, 203.0.113.9", "203.0.113.9"],
    ["::ffff:10.0.0.4", "203.0.113.9", "203.0.113.9"],
    // A proxy behind a proxy.
    ["10.0.0.4", "6.6.6.6,203.0.113.9,192.0.2.7", "203.0.113.9"],
    ["fd00::1", "6.6.6.6, 2001:db8::1", "2001:db8::1"],
    ["10.0.1.4", "203.0.113.9", "10.0.1.4"],
    ["192.0.2.8", "203.0.113.9", "192.0.2.8"],
    // With the port of whoever the proxy has seen.
    ["10.0.0.4", "6.6.6.6, 203.0.113.9:51234", "203.0.113.9"],
    ["10.0.0.4", "203.0.113.9:51234, 192.0.2.7:8080", "203.0.113.9"],
    ["fd00::1", "[2001:db8::1]:51234", "2001:db8::1"],
    ["fd00::1", "[2001:db8::1]", "2001:db8::1"],
    ["10.0.0.4", "203.0.113.9:x", "10.0.0.4"],
    ["10.0.0.4", "203.0.113.999:1", "10.0.0.4"],
    // What is no address is believed of nobody.
    ["10.0.0.4", "", "10.0.0.4"],
    ["10.0.0.4", "203.0.113.9, unknown", "10.0.0.4"],
    ["10.0.0.4", `203.0.113.9,${"x".repeat(5_000)}`, "10.0.0.4"],
    ["10.0.0.4", "10.0.0.5", "10.0.0.5"],
    ["", "203.0.113.9", ""],
  ] as const) {
    assert.equal(proxies.clientOf(peer, said), client, `${peer} says ${said}`);
  }
  assert.equal(new Proxies([]).clientOf("127.0.0.1", "203.0.113.9"), "127.0.0.1");
  const here = new Proxies(proxiesHere);
  for (const peer of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    assert.equal(here.clientOf(peer, "203.0.113.9"), "203.0.113.9", peer);
  }
});

test("what is no address and no network is refused by what it is", () => {
  for (const wrong of [
    "proxy",
    "10.0.0.4/33",
    "fd00::/129",
    "10.0.0/8",
    "10.0.0.4/",
    "",
    "10.0.0.4:80",
    "10.0.0.4/x",
  ]) {
    assert.throws(() => new Proxies([wrong]), { name: "RangeError", message: wrong });
  }
});
