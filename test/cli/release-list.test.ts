import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReleaseDiffView, ReleasesView, ReleaseView } from "../../src/control/views/releases.ts";
import { fullDepth } from "../lane/needs.ts";
import { sandbox } from "./sandbox.ts";

const files = {
  "baton.yaml": `name: shop
variables: { size: small }
environments: { dev: { branch: main }, prod: { after: dev } }
pipelines:
  api:
    paths: ["api/**"]
    outputs: { url: string }
    jobs:
      deploy: { deploys: true, steps: ['echo "url=https://$BATON_ENVIRONMENT/$(cat api/version)" >> "$BATON_OUTPUT"'] }
  web:
    paths: ["web/**"]
    jobs:
      deploy: { deploys: true, env: { SIZE: { variable: size } }, steps: ['test "$(cat web/page)" != broken'] }
`,
  "api/version": "1\n",
  "web/page": "hello\n",
};

test("what is where, what is between two, and what cannot be shown", fullDepth(), async (t) => {
  const box = sandbox(t, { files });
  const none = await box.baton("release");
  assert.equal(none.code, 1);
  assert.match(none.stderr, /nothing was run here yet/);

  await box.baton("run", "--env", "dev");
  box.write({ "api/version": "2\n", "baton.yaml": files["baton.yaml"].replace("size: small", "size: large") });
  box.commit("A *second* version");
  await box.baton("run", "--env", "dev", "--yes");
  box.write({ "web/page": "broken\n" });
  await box.baton("run", "--env", "dev");

  const { releases } = await box.json<ReleasesView>("release");
  assert.deepEqual(
    releases.map(({ release, subject, environments, conclusion }) => [
      release,
      subject,
      environments[0]?.state,
      conclusion,
    ]),
    [
      [3, "A *second* version", "failed", "failed"],
      [2, "A *second* version", "passed", "succeeded"],
      [1, "start", "passed", "succeeded"],
    ],
  );
  assert.equal(releases[0]!.snapshotOf, releases[1]!.commit);

  const shown = await box.json<ReleaseView>("release", "show", "2");
  assert.deepEqual([shown.proven, shown.visits.map(({ run }) => run)], [["dev"], ["r0002"]]);
  assert.equal(shown.pipelines.find(({ pipeline }) => pipeline === "api")!.versions.dev!.outputs.url, "https://dev/2");
  const diff = await box.json<ReleaseDiffView>("release", "diff", "1", "2");
  assert.deepEqual(diff, shown.changes);
  assert.deepEqual(
    diff.pipelines.map(({ pipeline, change, commits, definition }) => [pipeline, change, commits?.length, definition]),
    [
      ["api", "changed", 1, undefined],
      ["web", "changed", 0, "job deploy, variable size"],
    ],
  );
  assert.deepEqual(diff.pipelines[0]!.outputs, [{ name: "url", from: "https://dev/1", to: "https://dev/2" }]);
  assert.deepEqual(diff.settings, [{ name: "variable size", from: "small", to: "large" }]);
  const notes = await box.baton("release", "show", "2", "--markdown");
  assert.match(notes.stdout, /^- `[0-9a-f]{7}` A \\\*second\\\* version \(Ada\)$/m);
  const there = await box.baton("release", "diff", "dev", "1");
  assert.match(there.stdout, /^from dev \(part of release 3\) to release 1/);

  for (const [args, code, words] of [
    [["show", "9"], 2, /there is no release "9"/],
    [["diff", "1"], 2, /release diff compares two/],
    [["diff", "1", "deb"], 2, /did you mean dev\?/],
    [["diff", "prod", "1"], 2, /nothing is deployed in "prod"/],
    [["shwo"], 2, /there is list, show and diff/],
  ] as const) {
    const answer = await box.baton("release", ...args);
    assert.equal(answer.code, code, args.join(" "));
    assert.match(answer.stderr, words);
  }
});
