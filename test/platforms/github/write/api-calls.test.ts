/** How often a push asks GitHub's API. A job's token has 1,000 requests in an hour, for the whole repository. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fullDepth } from "../../../lane/needs.ts";
import { programBox } from "./program.ts";

const environments = ["test", "prod"];
/** `download-artifact` from another run: it looks the artifact up and asks where its bytes are. */
const requestsOfADownload = 2;

/** Pipelines that each build once, and deploy what they have built; with `across` also what the one before has built. */
const definition = (pipelines: number, across: boolean) => `name: shop
environments:
  test: { branch: main }
  prod: { after: test }
pipelines:
${Array.from(
  { length: pipelines },
  (_, at) => `  p${at}:
    paths: ["p${at}/**"]
    needs: [${across && at > 0 ? `p${at - 1}` : ""}]
    jobs:
      build: { per: release, steps: [./build.sh], artifacts: { dist: dist } }
      deploy: { needs: build, deploys: true, uses: [dist${across && at > 0 ? `, { artifact: p${at - 1}.dist, path: theirs }` : ""}], steps: [./deploy.sh] }
`,
).join("")}`;

/** Of a push that changes everything, after one that deployed everything: as many requests as a run can make without retries. */
function requestsOfAPush(
  t: TestContext,
  pipelines: number,
  across = false,
): { plans: number; begins: number; downloads: number } {
  const box = programBox(t, definition(pipelines, across));
  const files = (content: string) =>
    Object.fromEntries(Array.from({ length: pipelines }, (_, at) => [`p${at}/file`, content]));
  const commit = box.commit(files("1"));
  box.run({ id: 100 });
  // What one takes of another was built by as many runs as can be.
  const builder = (at: number) => (across ? 1 + at : 100);
  for (let at = 0; across && at < pipelines; at++) {
    box.run({ id: builder(at) });
    box.leave(`p${at}-dist`, builder(at), {});
  }
  for (const environment of environments) {
    box.leave(`started-${environment}`, 100, {});
    box.leave(`release-${environment}`, 100, {
      version: 1,
      environment,
      run: "100",
      commit,
      pipelines: Object.fromEntries(
        Array.from({ length: pipelines }, (_, at) => [
          `p${at}`,
          {
            release: 100,
            commit,
            outputs: {},
            artifacts: { dist: { digest: `sha256:${"a".repeat(64)}`, run: String(builder(at)), name: `p${at}-dist` } },
          },
        ]),
      ),
    });
  }
  box.commit(files("2"));
  box.run({ id: 500 });
  const asked = (action: string, env: Readonly<Record<string, string>>) => {
    const { status, log, calls } = box.start(action, env, { counted: true });
    assert.equal(status, 0, log);
    return calls.gh!;
  };
  writeFileSync(join(box.temp, "given.json"), "{}");
  let plans = asked("plan", { ENVIRONMENT: "", PIPELINE: "" });
  let begins = 0;
  for (const environment of environments) {
    plans += asked("plan", { ENVIRONMENT: environment, PIPELINE: "" });
    box.leave(`started-${environment}`, 500, {});
    // Every job that deploys looks whether another run has begun meanwhile.
    const given = { JOB: "p0.deploy", ENVIRONMENT: environment, COMMIT: commit, RUNNER_TEMP: box.temp };
    begins += pipelines * asked("begin", given);
  }
  // At worst: all that is deployed was built by earlier runs.
  return { plans, begins, downloads: environments.length * pipelines * requestsOfADownload };
}

test(
  "3 pipelines: what a push through two environments asks, without retries",
  fullDepth("gh", "jq", "zip", "unzip"),
  (t) => {
    assert.deepEqual(requestsOfAPush(t, 3), { plans: 16, begins: 6, downloads: 12 });
  },
);

test(
  "artifacts that pipelines take of each other: each run that built one is asked for twice in each environment",
  fullDepth("gh", "jq", "zip", "unzip"),
  (t) => {
    const runs = 2;
    assert.equal(requestsOfAPush(t, 3, true).plans, 16 + 2 * runs * environments.length);
  },
);

for (const [pipelines, pushes] of [
  [40, 3],
  [120, 1],
] as const) {
  test(
    `${pipelines} pipelines: deciding asks no more than for 3, and an hour has room for ${pushes} pushes that change all of them`,
    fullDepth("gh", "jq", "zip", "unzip"),
    (t) => {
      const { plans, begins, downloads } = requestsOfAPush(t, pipelines);
      assert.deepEqual([plans, begins], [16, 2 * pipelines]);
      const all = plans + begins + downloads;
      assert.ok(pushes * all <= 1000 && (pushes + 1) * all > 1000, `${all} for each`);
    },
  );
}
