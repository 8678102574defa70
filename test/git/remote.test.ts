import assert from "node:assert/strict";
import { test } from "node:test";
import { remoteOf } from "../../src/git/remote.ts";

test("a remote is told by host and path, however its address is written, and never with what stands before the host", () => {
  const same = [
    "git@github.com:acme/shop.git",
    "https://github.com/acme/shop",
    "https://github.com/acme/shop.git/",
    "https://user:ghp_secret@github.com/acme/shop.git",
    "ssh://git@GitHub.com:22/acme/shop.git",
    "git+ssh://git@github.com/acme/shop",
  ];
  for (const url of same) assert.deepEqual(remoteOf(url), { host: "github.com", path: "acme/shop" }, url);
  for (const url of ["codecommit::eu-central-1://shop", "codecommit::eu-central-1://ops@shop"]) {
    assert.deepEqual(remoteOf(url), { host: "git-codecommit.eu-central-1.amazonaws.com", path: "v1/repos/shop" });
  }
  assert.deepEqual(remoteOf("git@gitlab.com:group/part/shop.git"), { host: "gitlab.com", path: "group/part/shop" });
  for (const url of ["/srv/git/shop.git", "../shop", "file:///srv/shop", "C:\\shop", ""]) {
    assert.equal(remoteOf(url), undefined, url);
  }
});
