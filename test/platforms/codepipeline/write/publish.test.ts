/** Which values of outputs make room for new ones: those that no run can be given any more. The real bash, jq and xargs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { publishCommand } from "../../../../src/platforms/codepipeline/write/publish.ts";
import { needs } from "../../../lane/needs.ts";
import { removeAtEnd } from "../../../lane/remove-at-end.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-publish-"));
removeAtEnd(folder);

/** Stands in for the AWS CLI, which emulated AWS gives no runs: what it prints for the words it is asked with. */
function standIn(answers: { stages: string | undefined; runs: string; old: readonly string[] }): void {
  writeFileSync(join(folder, "old.json"), JSON.stringify(answers.old));
  const stages = answers.stages === undefined ? "exit 254" : `echo '${answers.stages}'`;
  writeFileSync(
    join(folder, "aws"),
    `#!/bin/bash
case "$1 $2" in
  "ssm put-parameter") ;;
  "codepipeline get-pipeline") [ "$4" = shop ] || exit 9; ${stages} ;;
  "codepipeline list-pipeline-executions") case "$*" in *stageName=prod*) echo '${answers.runs}' ;; esac ;;
  "ssm get-parameters-by-path") cat '${join(folder, "old.json")}' ;;
  "ssm delete-parameters") shift 5; printf '%s\\n' "$@" >> '${join(folder, "deleted")}' ;;
  *) echo "$*: unknown to this test" >&2; exit 64 ;;
esac
`,
  );
  chmodSync(join(folder, "aws"), 0o755);
}

function publish(readers: readonly string[]): { status: number | null; stderr: string; deleted: string[] } {
  const outputs = join(folder, "outputs");
  const deleted = join(folder, "deleted");
  writeFileSync(outputs, "tag=v1\n");
  writeFileSync(deleted, "");
  const command = publishCommand({
    promised: { tag: "string" },
    folders: { tag: "/shop/release/image/tag" },
    newest: {},
    kept: 100,
    readers,
    before: "",
  });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, BATON_OUTPUT: outputs, BATON_RUN: "r101" };
  // A bash whose input is a socket reads what its user has set up, which may change the path.
  const { status, stderr } = spawnSync("bash", ["-c", command], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, stderr, deleted: readFileSync(deleted, "utf8").split("\n").filter(Boolean) };
}

const old = ["/shop/release/image/tag/r1", "/shop/release/image/tag/r2", "/shop/release/image/tag/r3"];

test("what is deployed keeps its values, however old, and so does what a rollback put there", needs("jq"), () => {
  standIn({ stages: "Source\tBuild\tprod", runs: "r9\tNone\tr2", old });
  const { status, stderr, deleted } = publish(["shop"]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(deleted, [old[0], old[2]]);
});

test("where nobody can tell what is deployed nothing is cleared away, and the job passes", needs("jq"), () => {
  standIn({ stages: undefined, runs: "", old });
  const { status, stderr, deleted } = publish(["shop"]);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /No old values were cleared away/);
  assert.deepEqual(deleted, []);
});

test("of a pull request nothing is deployed", needs("jq"), () => {
  standIn({ stages: undefined, runs: "", old });
  assert.deepEqual(publish([]).deleted, old);
});
