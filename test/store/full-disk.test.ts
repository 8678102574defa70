import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { spawnScript } from "./spawned.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Where this machine lets us, a disk of 2 MB of our own, gone with the process. */
const smallDisk = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=2m none "$0" && exec "$@"'];

/** Everywhere: no file may become larger than 1 MB. */
const smallFiles = ["sh", "-c", 'ulimit -f 2000 && exec "$@"', "sh"];

test("a full disk stops the journal with a clear word, what was durable stays, and with space again it goes on", async (t) => {
  const folder = temporaryFolder(t);
  const mounted = spawnSync(smallDisk[0]!, [...smallDisk.slice(1), folder, "true"]).status === 0;
  t.diagnostic(mounted ? "on a file system of 2 MB" : "no file system may be mounted here: with a limit on file sizes");
  const through = mounted ? [...smallDisk, folder] : smallFiles;
  const args = mounted ? [join(folder, "state"), join(folder, "freeable")] : [join(folder, "state")];
  const filler = spawnScript(t, { script: "fill-disk.ts", through, args });
  const durable = Number(/^(\d+) durable$/.exec((await filler.line()) ?? (await filler.complaint()))?.[1]);
  assert.ok(durable > 5, `${durable} durable`);
  const refusal = (await filler.line())!;
  assert.match(refusal, mounted ? /^disk-full: .*is full.*Free some space/ : /^disk-broken: .*Check the disk/);
  assert.equal(await filler.line(), refusal, "nothing is appended after a lost write, even if it would fit");
  assert.equal(await filler.line(), `${durable} readable beside`);
  assert.equal(await filler.line(), `${durable} readable after`, await filler.complaint());
  if (mounted) assert.equal(await filler.line(), `${durable + 1} readable in the end`, await filler.complaint());
});

test("a limit on the size of files stops the journal with a clear word, and what was durable stays", async (t) => {
  const filler = spawnScript(t, { script: "fill-disk.ts", through: smallFiles, args: [temporaryFolder(t)] });
  const durable = Number(/^(\d+) durable$/.exec((await filler.line()) ?? (await filler.complaint()))?.[1]);
  const refusal = (await filler.line())!;
  assert.match(refusal, /^disk-broken: .*nothing more is stored.*ulimit -f.*baton resume/);
  assert.equal(await filler.line(), refusal);
  assert.equal(await filler.line(), `${durable} readable beside`);
  assert.equal(await filler.line(), `${durable} readable after`, await filler.complaint());
});
