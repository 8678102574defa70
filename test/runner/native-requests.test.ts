/** The programs in C under the sanitizers of the compiler: whatever they are sent, they answer in their words or give up. */

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import type { NativeProgram } from "../../src/runner/native-program.ts";
import { tries } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";

const sources = ["step-starter.c", "tree-looker.c", "requests.h"];
const givesUp = 70;

describe("requests to the programs in C", fullDepth("cc"), () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-native-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const tree = join(folder, "tree");
  mkdirSync(tree);
  writeFileSync(join(tree, "file"), "");
  writeFileSync(join(folder, "output"), "");

  /** `change`: of the text that they share. */
  function compiled(name: NativeProgram, change = (text: string) => text): string {
    const place = mkdtempSync(join(folder, "sources-"));
    for (const file of sources) cpSync(new URL(`../../src/runner/${file}`, import.meta.url), join(place, file));
    const shared = readFileSync(join(place, "requests.h"), "utf8");
    writeFileSync(join(place, "requests.h"), change(shared));
    const program = join(place, name);
    const sanitized = ["-g", "-pthread", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    execFileSync("cc", ["-std=gnu11", "-O1", ...sanitized, "-o", program, `${program}.c`]);
    return program;
  }

  const programs = new Map<NativeProgram, string>();
  function unchanged(name: NativeProgram): string {
    const program = programs.get(name) ?? compiled(name);
    programs.set(name, program);
    return program;
  }

  const env = { ASAN_OPTIONS: "detect_leaks=0", PATH: process.env.PATH };

  /** What is wrong with how the program took this input, if anything is. */
  function complaint(program: string, input: Buffer): string | undefined {
    const { status, signal, stdout, stderr } = spawnSync(program, { input, env, cwd: folder, timeout: 60_000 });
    const said = stderr.toString();
    if (signal !== null || (status !== 0 && status !== givesUp)) return `it ended with ${signal ?? status}: ${said}`;
    if (/Sanitizer|runtime error/.test(said)) return said;
    const known = /^(?:(?:noted|same|unknown|\d+|\d+ \??|!\d+)\n)*$/;
    return known.test(stdout.toString("latin1")) ? undefined : `it said ${stdout}`;
  }

  const asked = (...fields: (string | Buffer)[]): Buffer => {
    const text = Buffer.concat(fields.flatMap((field) => [Buffer.from(field as string), Buffer.of(0)]));
    return Buffer.concat([Buffer.from(String(text.length).padStart(8, "0")), text]);
  };
  // Nothing but `true` is ever started, and nothing is written but to a file that is there.
  const command = (...more: string[]) =>
    asked(
      folder,
      join(folder, "output"),
      "/bin/true",
      "2",
      "true",
      "word",
      String(more.length),
      ...more,
      "BATON_RUNNER",
    );
  const valid: Record<NativeProgram, Buffer[]> = {
    "step-starter": [command("A=1", "B=2"), command(), command(`LONG=${"x".repeat(5000)}`)],
    "tree-looker": [asked("note", tree, "file", "."), asked("look", tree), asked("look", folder), asked("other", "x")],
  };

  /** Bytes cut out, put in and changed in a row of requests. */
  const damaged = (requests: Buffer[]) => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      away: fc.nat(12),
      bytes: fc.uint8Array({ maxLength: 6 }),
    });
    return fc
      .tuple(fc.shuffledSubarray(requests, { minLength: 1 }), fc.array(change, { maxLength: 3 }))
      .map(([row, changes]) => {
        let text = Buffer.concat(row);
        for (const { at, away, bytes } of changes) {
          const place = Math.floor(at * text.length);
          text = Buffer.concat([text.subarray(0, place), bytes, text.subarray(place + away)]);
        }
        return text;
      });
  };

  for (const name of ["step-starter", "tree-looker"] as const) {
    test(`${name} takes nothing for a request that is none, and reads nothing beyond`, () => {
      const program = unchanged(name);
      const whole = Buffer.concat(valid[name]);
      assert.equal(complaint(program, whole), undefined);
      const property = fc.property(damaged(valid[name]), (input) => {
        assert.equal(complaint(program, input), undefined);
      });
      fc.assert(property, tries(60));
      for (let end = 0; end < 60; end++) assert.equal(complaint(program, whole.subarray(0, end)), undefined);
    });

    test(`a ${name} that does not look where a request ends is found out`, () => {
      const sabotaged = compiled(name, (text) => {
        const without = text.replace("if (field >= request->end) _exit(GIVES_UP);", "");
        assert.notEqual(without, text);
        return without;
      });
      const short = { "step-starter": asked(folder), "tree-looker": asked("look") }[name];
      assert.match(complaint(sabotaged, short) ?? "", /AddressSanitizer: heap-buffer-overflow/);
    });

    test(`${name} answers a request that comes in pieces`, async () => {
      const child = spawn(unchanged(name), { env, stdio: ["pipe", "pipe", "inherit"] });
      let said = "";
      child.stdout.setEncoding("latin1").on("data", (text: string) => {
        said += text;
      });
      const ended = new Promise((resolve) => child.once("close", resolve));
      const whole = Buffer.concat(valid[name].map((request) => request.subarray(0, 400)).slice(0, 2));
      for (let at = 0; at < whole.length; at += 7) {
        child.stdin.write(whole.subarray(at, at + 7));
        await setImmediate();
      }
      child.stdin.end();
      assert.equal(await ended, 0);
      assert.match(said, name === "tree-looker" ? /^noted\nsame\n$/ : /^\d+\n0 \n\d+\n0 \n$/);
    });
  }

  test("names of any bytes are looked at, and names that no file can have are not known", () => {
    const program = unchanged("tree-looker");
    const odd = [Buffer.from("new\nline"), Buffer.from([0x66, 0xff, 0xfe]), Buffer.from("a".repeat(255))];
    for (const name of odd) writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), name]), "");
    const answers = (...requests: Buffer[]) => {
      const { status, stdout } = spawnSync(program, { input: Buffer.concat(requests), env });
      assert.equal(status, 0);
      return stdout.toString();
    };
    const look = asked("look", tree);
    assert.equal(answers(asked("note", tree, ...odd), look, look), "noted\nsame\nsame\n");
    for (const none of ["a".repeat(256), "b/".repeat(3000), "not-there", "file/below"]) {
      assert.equal(answers(asked("note", tree, "file"), asked("note", tree, none), look), "noted\nunknown\nunknown\n");
    }
  });
});
