import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRig, failureOf, step } from "./rig.ts";

const met: [what: string, script: string, hint: RegExp][] = [
  ["a missing program", "terrafrom apply", /exit code 127: 'terrafrom' is not on the PATH: .*"tools"/],
  ["a missing file", "./no-such.sh", /exit code 127: '.\/no-such\.sh' is not there/],
  [
    "Windows line ends",
    "./crlf.sh",
    /exit code 12[67]: the program in the first line of '.*crlf\.sh.*' is not there; Windows line ends/,
  ],
  [
    "a file that is not executable",
    "./plain.sh",
    /exit code 126: '.\/plain\.sh' may not be executed: chmod \+x it and commit that/,
  ],
  [
    "an unquoted path with blanks",
    'BATON_OUTPUT="a b"; echo x=1 >> $BATON_OUTPUT',
    /exit code 1: the path in \$BATON_OUTPUT has blanks: write >> "\$BATON_OUTPUT"/,
  ],
  ["a placeholder of GitHub's", "cat <<E\n${{ secrets.X }}\nE", /exit code 1: \$\{\{ \}\} is replaced by GitHub alone/],
  ["a question", "read -r answer\necho $answer", /exit code 1: nothing can be typed in a job/],
];

for (const [what, script, hint] of met) {
  test(`a step that fails because of ${what} is told what to do`, async (t) => {
    const rig = createRig(t);
    writeFileSync(join(rig.checkout, "crlf.sh"), "#!/bin/sh\r\necho hi\r\n");
    chmodSync(join(rig.checkout, "crlf.sh"), 0o755);
    writeFileSync(join(rig.checkout, "plain.sh"), "echo hi\n");
    assert.match(failureOf(await rig.run({ steps: [step(script)] })).message, hint);
  });
}

test("no hint is given for anything else that ends the same", async (t) => {
  const rig = createRig(t);
  for (const script of [
    "exit 127",
    "exit 126",
    "exit 1",
    "echo 'page not found'; exit 127",
    "echo 'x: command not found'; exit 127",
    "echo 'bash: line 1: x: command not found'; exit 1",
    "echo 'a: Permission denied'; exit 1",
    "printf 'a\\n' | while read -r line; do false; done",
    "while read -r line; do :; done < /dev/null; exit 1",
    "echo asked; read -r answer",
    "read -r answer < /dev/null || exit 1",
  ]) {
    const { message } = failureOf(await rig.run({ steps: [step(script)] }));
    assert.match(message, /ended with exit code \d+$/, script);
  }
});
