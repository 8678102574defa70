/** What of a pack was used is kept for the next start, and nothing that is not just that is believed. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";

const source = readFileSync(new URL("../../build/packs.cjs", import.meta.url), "utf8");

/** A folder with one pack of one part, and a program that asks it. */
function folderWithPack(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "baton-packs-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (answer: number, identity: string) => {
    writeFileSync(join(folder, "packs.cjs"), source.replace("PACKS", JSON.stringify({ names: ["a"], identity })));
    const pack = `(function (require, __filename) { return { "x.cjs": { answer: () => ${answer} } }; })`;
    writeFileSync(join(folder, "a.pack.js"), pack);
    const program = `require("node:module").enableCompileCache();
process.stdout.write(String(require("./packs.cjs").a("x.cjs").answer()));
process.exitCode = Number(process.env.CODE ?? 0);`;
    writeFileSync(join(folder, "main.cjs"), program);
  };
  write(41, "first");
  const ask = (word: string, code = 0) => {
    const { NODE_DISABLE_COMPILE_CACHE, ...rest } = process.env;
    const env = { ...rest, NODE_COMPILE_CACHE: join(folder, "cache"), CODE: String(code) };
    const { stdout, status } = spawnSync(process.execPath, [join(folder, "main.cjs"), word], { env, encoding: "utf8" });
    assert.equal(status, code);
    return stdout;
  };
  const kept = () =>
    readdirSync(join(folder, "cache"), { recursive: true, encoding: "utf8" })
      .filter((path) => /baton-[^/]*$/.test(path))
      .map((path) => join(folder, "cache", path));
  return { write, ask, kept };
}

describe("packs", { concurrency: true }, () => {
  test("what a command used is kept for it, for this user alone", (t) => {
    const { ask, kept } = folderWithPack(t);
    assert.equal(ask("--version"), "41");
    assert.equal(ask("plan", 2), "41");
    assert.deepEqual(kept(), [], "neither for options alone nor when it was called in a wrong way");
    assert.equal(ask("plan"), "41");
    const [file, ...others] = kept();
    assert.match(file!, /baton-a-plan-[0-9a-f]{16}$/);
    assert.deepEqual(others, []);
    const { mode, ino } = statSync(file!);
    assert.equal(mode & 0o777, 0o600);
    assert.equal(ask("plan"), "41");
    assert.equal(statSync(file!).ino, ino, "and is not written again");
  });

  test("what is damaged, or may be of somebody else, is not believed and made anew", (t) => {
    const { ask, kept } = folderWithPack(t);
    ask("plan");
    const [file] = kept();
    const whole = readFileSync(file!);
    const halves = [whole.subarray(0, whole.length >> 1), Buffer.alloc(whole.length), Buffer.alloc(0)];
    const flipped = Buffer.from(whole);
    flipped[flipped.length >> 1]! ^= 0x55;
    for (const damaged of [...halves, flipped]) {
      writeFileSync(file!, damaged);
      assert.equal(ask("plan"), "41");
      assert.notDeepEqual(readFileSync(file!), damaged);
    }
    const { ino } = statSync(file!);
    chmodSync(file!, 0o666);
    assert.equal(ask("plan"), "41");
    assert.notEqual(statSync(file!).ino, ino);
  });

  test("another build of the same length is not taken for this one", (t) => {
    const { write, ask, kept } = folderWithPack(t);
    assert.equal(ask("plan"), "41");
    assert.equal(ask("plan"), "41");
    const [file] = kept();
    const before = readFileSync(file!);
    write(42, "other");
    assert.equal(ask("plan"), "42");
    assert.notDeepEqual(readFileSync(file!), before);
    assert.equal(ask("plan"), "42");
  });
});

test("the bundle is for imports and for requires the same Baton", () => {
  const dist = new URL("../../dist/", import.meta.url);
  const program = `import * as imported from ${JSON.stringify(new URL("index.js", dist).href)};
import { createRequire } from "node:module";
const required = createRequire(${JSON.stringify(dist.href)})("./index.cjs");
const names = Object.keys(imported);
console.log(names.includes("delivery") && names.every((name) => imported[name] === required[name]));`;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  assert.equal(said, "true\n");
});
