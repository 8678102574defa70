/** What a build leaves as a candidate: the program as it is, with a folder in the place of the bucket. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { contentsOf } from "../../../../src/platforms/codepipeline/write/separate/program/records.cjs";
import { fullDepth, needs } from "../../../lane/needs.ts";

const program = fileURLToPath(
  new URL("../../../../src/platforms/codepipeline/write/separate/program/keep.sh", import.meta.url),
);
const when = needs("jq");

/** Knows two commands; `REFUSES` names a key that is answered with an error of another kind. */
const aws = `#!/usr/bin/env bash
started=\${STARTED:-'"2026-01-01T00:00:00.500000+00:00"'}
case "$1 $2" in
  "codepipeline list-pipeline-executions")
    cat <<END
{"pipelineExecutionSummaries": [
  {"pipelineExecutionId": "r2", "startTime": "2026-01-02T00:00:00+00:00"},
  {"pipelineExecutionId": "r1", "startTime": $started, "trigger": \${TRIGGER:-null}}]}
END
    ;;
  "s3api put-object")
    key="$6" body="$8"
    [ "\${9:-} \${10:-}" = "--if-none-match *" ] || [ $# = 8 ] || exit 9
    if [ "$key" = "\${REFUSES:-}" ]; then echo "An error occurred (AccessDenied)" >&2; exit 254; fi
    echo "$key" >> "$STORE.log"
    if [ $# = 10 ] && [ -e "$STORE/$key" ]; then echo "An error occurred (PreconditionFailed) when calling" >&2; exit 254; fi
    mkdir -p "$(dirname "$STORE/$key")" && cp "$body" "$STORE/$key" ;;
  *) exit 8 ;;
esac
`;

function prepared(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "baton-keep-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const one of ["bin", "store", "source/app/web/it's here", "dist/content"])
    mkdirSync(join(folder, one), { recursive: true });
  writeFileSync(join(folder, "bin/aws"), aws, { mode: 0o755 });
  writeFileSync(join(folder, "source/outside"), "not of the definition");
  writeFileSync(join(folder, "source/app/web/index.html"), "hello");
  writeFileSync(join(folder, "source/app/web/it's here/a\nb\\c"), "odd");
  symlinkSync("web/index.html", join(folder, "source/app/start"));
  writeFileSync(join(folder, "dist/content/index.html"), "built");
  const keep = (more: NodeJS.ProcessEnv = {}) =>
    spawnSync("bash", [program], {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${join(folder, "bin")}:${process.env.PATH}`,
        STORE: join(folder, "store"),
        CODEBUILD_SRC_DIR: join(folder, "source"),
        CODEBUILD_SRC_DIR_web_build: join(folder, "dist"),
        BATON_BUCKET: "kept",
        BATON_ROOT: "app",
        BATON_BRANCH: "main",
        BATON_PIPELINE: "web",
        BATON_COMMIT: "c1",
        BATON_RUN: "r1",
        BATON_FUNCTION: "shop-releases",
        BATON_CODEPIPELINE: "shop-web-main",
        BATON_ARTIFACTS: "build=web_build",
        ...more,
      },
    });
  const store = (key: string) => join(folder, "store", key);
  return { folder, keep, store, read: (key: string) => readFileSync(store(key), "utf8") };
}

const record = "candidates/main/web/1767225600500-r1.json";

test("artifacts by digest, the list of files, and a record whose name sorts by when the run was started", when, (t) => {
  const { keep, read, store } = prepared(t);
  const { status, stderr, stdout } = keep();
  assert.equal(status, 0, stderr);
  assert.equal(stdout, `Kept as ${record}\n`);
  const kept = JSON.parse(read(record)) as { artifacts: Record<string, string> };
  const digest = kept.artifacts.build!;
  assert.deepEqual(kept, {
    version: 1,
    commit: "c1",
    run: "r1",
    at: "2026-01-01T00:00:00.500Z",
    isWantedAnew: false,
    artifacts: { build: digest },
  });
  assert.equal(
    createHash("sha256")
      .update(readFileSync(store(`artifacts/${digest}`)))
      .digest("hex"),
    digest,
  );
  // As the function reads it.
  const files = read("commits/main/c1/files");
  const only = (pattern: string) => contentsOf(files, [{ name: "x", paths: [["with", pattern]] }]).x;
  const nothing = only("^nothing$");
  for (const path of ["^web/index\\.html$", "^web/it's here/a\\nb\\\\c$", "^start$"])
    assert.notEqual(only(path), nothing, path);
  assert.equal(only("outside"), nothing);
});

test("each version of the AWS CLI says in its own way when a run was started", when, (t) => {
  const { keep, store } = prepared(t);
  assert.equal(keep({ STARTED: "1767225600.500" }).stdout, `Kept as ${record}\n`);
  assert.ok(existsSync(store(record)));
});

test("running again changes nothing, and what is written again counts as new", when, (t) => {
  const { folder, keep, read } = prepared(t);
  assert.equal(keep().status, 0);
  const all = () => readdirSync(join(folder, "store"), { recursive: true }).sort();
  const before = [...all(), read(record)];
  rmSync(join(folder, "store.log"));
  assert.equal(keep({ TRIGGER: JSON.stringify({ triggerType: "CloudWatchEvent", triggerDetail: "x" }) }).status, 0);
  assert.deepEqual([...all(), read(record)], before);
  const written = readFileSync(join(folder, "store.log"), "utf8").split("\n");
  assert.ok(written.some((key) => key.startsWith("artifacts/")) && written.includes("commits/main/c1/files"));
});

const events = "arn:aws:events:eu-central-1:1:rule";
for (const [who, triggerType, triggerDetail, isWantedAnew, starter] of [
  ["a push", "WebhookV2", "arn:aws:codeconnections:eu-central-1:1:connection/x", false, undefined],
  ["the function", "StartPipelineExecution", "arn:aws:sts::1:assumed-role/shop-role/shop-releases", false, undefined],
  ["a person", "StartPipelineExecution", "arn:aws:sts::1:assumed-role/Admin/ada", true, undefined],
  ["a schedule", "CloudWatchEvent", `${events}/nightly`, true, undefined],
  ["a push to CodeCommit", "CloudWatchEvent", `${events}/shop-web-main-changed`, false, "shop-web-main-changed"],
  [
    "the function that compares pushes",
    "StartPipelineExecution",
    "arn:aws:sts::1:assumed-role/shop-role/shop-changes",
    false,
    "shop-changes",
  ],
  [
    "a person beside CodeCommit",
    "StartPipelineExecution",
    "arn:aws:sts::1:assumed-role/Admin/ada",
    true,
    "shop-changes",
  ],
  ["a schedule beside CodeCommit", "CloudWatchEvent", `${events}/nightly`, true, "shop-web-main-changed"],
] as const) {
  const needed = ["a push", "a person", "a schedule"].includes(who) ? when : fullDepth("jq");
  test(`started by ${who}, what is built is ${isWantedAnew ? "" : "not "}wanted anew`, needed, (t) => {
    const { keep, read } = prepared(t);
    const { status, stderr } = keep({
      TRIGGER: JSON.stringify({ triggerType, triggerDetail }),
      ...(starter && { BATON_STARTER: starter }),
    });
    assert.equal(status, 0, stderr);
    assert.equal(JSON.parse(read(record)).isWantedAnew, isWantedAnew);
  });
}

test("what cannot be left fails the build, and there is no record then", when, (t) => {
  const { keep, store } = prepared(t);
  const { status, stderr } = keep({ REFUSES: "commits/main/c1/files" });
  assert.equal(status, 1);
  assert.match(stderr, /commits\/main\/c1\/files: An error occurred \(AccessDenied\)/);
  assert.ok(!existsSync(store(record)));
  assert.notEqual(keep({ BATON_RUN: "gone" }).status, 0);
});

test("a linter of shells has nothing to say", needs("shellcheck"), () => {
  const { status, stdout } = spawnSync("shellcheck", [program], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
