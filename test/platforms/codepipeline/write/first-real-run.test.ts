/** The questions to a real account, asked of a program that answers as AWS is documented to, and with less than that. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fullDepth, needs } from "../../../lane/needs.ts";

const folder = fileURLToPath(new URL("../../../../docs/first-real-run/", import.meta.url));

/** Runs are numbered; what has become of them, and what was called, stands in files. `BREAKS` is refused for no good reason. */
const aws = `#!/usr/bin/env bash
echo "$*" >> "$WORLD/calls"
error() { echo "An error occurred ($1) when calling" >&2; exit 254; }
[ "$1 $2" != "\${BREAKS:-}" ] || error AccessDenied
new_run() { runs=$(( $(cat "$WORLD/runs" 2> /dev/null || echo 0) + 1 )); echo "$runs" > "$WORLD/runs"; echo "$1" > "$WORLD/run-r$runs"; }
case "$1 $2" in
  "cloudformation deploy") [[ $* != *Attempt=fails* ]] || exit 255 ;;
  "cloudformation describe-stacks")
    echo '{"Stacks": [{"Outputs": [{"OutputKey": "Bucket", "OutputValue": "bucket"}, {"OutputKey": "Queue", "OutputValue": "q"},
      {"OutputKey": "CheckedRole", "OutputValue": "role"}]}]}' ;;
  "s3api put-object") new_run Succeeded ;;
  "s3api list-object-versions") [ -e "$WORLD/emptied" ] || echo '{"Versions": [{"Key": "source.zip", "VersionId": "1"}]}' ;;
  "s3api delete-objects") touch "$WORLD/emptied" ;;
  "codepipeline list-pipeline-executions")
    echo '{"pipelineExecutionSummaries": [{"pipelineExecutionId": "r1", "trigger": {"triggerType": "CloudWatchEvent",
      "triggerDetail": "arn:aws:events:eu-central-1:1:rule/x-changed"}}]}' ;;
  "codepipeline start-pipeline-execution")
    if [[ $* == *-waiting* ]]; then
      echo x >> "$WORLD/waiting"
      [ "$(wc -l < "$WORLD/waiting")" -le 50 ] || error ConcurrentPipelineExecutionsLimitExceededException
    fi
    case "$*" in *value=stop*) new_run Stopped ;; *value=fail*) new_run Failed ;; *) new_run Succeeded ;; esac
    echo "{\\"pipelineExecutionId\\": \\"r$runs\\"}" ;;
  "codepipeline get-pipeline-execution") echo "{\\"pipelineExecution\\": {\\"status\\": \\"$(cat "$WORLD/run-$6")\\"}}" ;;
  "codepipeline rollback-stage")
    [ ! -e "$WORLD/updated" ] || error UnableToRollbackStageException
    new_run Succeeded; echo "{\\"pipelineExecutionId\\": \\"r$runs\\"}" ;;
  "codepipeline list-action-executions")
    echo "{\\"actionExecutionDetails\\": [{\\"actionName\\": \\"ask\\", \\"input\\": {\\"resolvedConfiguration\\":
      {\\"UserParameters\\": \\"{\\\\\\"run\\\\\\": \\\\\\"\${6#*=}\\\\\\"}\\"}}}]}" ;;
  "codepipeline retry-stage-execution") error NotLatestPipelineExecutionException ;;
  "codepipeline get-pipeline") echo '{"pipeline": {"variables": []}, "metadata": {}}' ;;
  "codepipeline update-pipeline") touch "$WORLD/updated" ;;
  "codebuild start-build") echo '{"build": {"id": "b"}}' ;;
  "codebuild batch-get-builds") echo '{"builds": [{"buildStatus": "SUCCEEDED"}]}' ;;
  *) ;;
esac
`;

function asked(t: TestContext, more: NodeJS.ProcessEnv = {}) {
  const world = mkdtempSync(join(tmpdir(), "baton-first-"));
  t.after(() => rmSync(world, { recursive: true, force: true }));
  for (const one of ["bin", "tmp"]) mkdirSync(join(world, one));
  writeFileSync(join(world, "bin/aws"), aws, { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync("bash", [join(folder, "ask.sh"), "x"], {
    encoding: "utf8",
    timeout: 100_000,
    env: {
      ...process.env,
      ...{ PATH: `${world}/bin:${process.env.PATH}`, WORLD: world, TMPDIR: join(world, "tmp"), PAUSE: "0" },
      ...more,
    },
  });
  return { status, stdout, stderr, calls: readFileSync(join(world, "calls"), "utf8").trim().split("\n") };
}

const when = fullDepth("jq", "zip");

test("as AWS is documented, every answer is the one that the page expects", when, (t) => {
  const { status, stdout, stderr, calls } = asked(t);
  assert.equal(status, 0, stderr);
  const answers = Object.fromEntries(
    [...stdout.matchAll(/^\| (.+?) \| (.*) \|$/gm)].map(([, question, found]) => [question, found]),
  );
  assert.deepEqual(answers, {
    question: "answer",
    "create again after a create that failed": "works",
    "an EventBridge rule starts a run": "arn:aws:events:eu-central-1:1:rule/x-changed",
    "the first run": "Succeeded",
    "the second run": "Succeeded",
    "the rollback": "Succeeded",
    "PipelineExecutionId in a rollback": "its own",
    "stopped from within, waiting": "Stopped",
    "the failing run": "Failed",
    "the newer run": "Succeeded",
    "retry of failed actions then": "NotLatestPipelineExecutionException",
    "rollback to a run before an update": "UnableToRollbackStageException",
    "queued runs that are accepted": "50, then ConcurrentPipelineExecutionsLimitExceededException",
    "Terraform 1.11 from its vendor's packages": "SUCCEEDED",
    "Lambda, role with aws:SourceAccount": "accepted",
  });
  const page = readFileSync(join(folder, "../first-real-run.md"), "utf8");
  const explained = [...page.matchAll(/^\| ([^|]+?) \| [^|]+ \| [^|]+ \|$/gm)].map(([, question]) => question!);
  for (const question of explained) if (question !== "question") assert.ok(question in answers, question);
  assert.ok(explained.length > 8);
  assert.equal(calls.at(-1), "s3api delete-bucket --bucket bucket");
});

for (const breaks of ["codepipeline rollback-stage", "codebuild start-build", "s3api put-object"]) {
  test(`what it made is deleted, and what it knows is told, when ${breaks} is refused`, when, (t) => {
    const { status, stdout, calls } = asked(t, { BREAKS: breaks });
    assert.notEqual(status, 0);
    assert.match(stdout, /create again after a create that failed \| works/);
    assert.ok(
      calls.lastIndexOf("cloudformation delete-stack --stack-name x") >
        calls.findIndex((one) => one.startsWith(breaks)),
    );
    assert.equal(calls.at(-1), "s3api delete-bucket --bucket bucket");
  });
}

test("a linter of shells has nothing to say", needs("shellcheck"), () => {
  const { status, stdout } = spawnSync("shellcheck", [join(folder, "ask.sh")], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
