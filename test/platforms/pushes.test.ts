/** One definition, one meaning: what a push deploys is the same planned here, written for GitHub and for CodePipeline. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import type { Delivery, Environment } from "../../src/model/delivery.ts";
import { deploysOn } from "../../src/model/deploys-on.ts";
import { validate } from "../../src/model/validate/validate.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { CannotWrite } from "../../src/platforms/generated.ts";
import { programText } from "../../src/platforms/github/write/actions.ts";
import { environmentRows } from "../../src/platforms/github/write/delivery-data.ts";
import { isFull, tries } from "../lane/depth.ts";
import { needs } from "../lane/needs.ts";
import { environments } from "../model/random-environments.ts";
import { delivery, job, pipeline, releaseJob, request } from "../plan/sample-delivery.ts";
import { readBack } from "./codepipeline/simulate/read-back.ts";
import { simulate } from "./codepipeline/simulate/simulate.ts";
import { push } from "./codepipeline/simulate/worlds.ts";
import { write } from "./codepipeline/write/written.ts";
import { provesPlan } from "./github/write/prove.ts";

const branches = ["main", "develop", "release/1", "feature/x"];

function deliveryTo(places: Environment[]): Delivery {
  const jobs = { build: releaseJob(), deploy: job({ needs: ["build"], deploys: true }) };
  return delivery([pipeline("web", { paths: [], jobs })], places);
}

/** What Baton accepts, through every environment from nothing. */
const deliveries = environments.map(deliveryTo).filter((made) => validate(made).length === 0);

const isNamed = ({ branch }: Environment) => branch === undefined || !branch.includes("*");

/** Of what each layout has means for: enough of it that the proof is not one of refusals. */
const fit: Record<string, (made: Delivery) => boolean> = {
  orchestrated: () => true,
  "per-environment": () => true,
  chained: ({ environments: all }) => all.every((one) => one.after.length === 0 && isNamed(one)),
  codepipeline: ({ environments: all }) => all.every(isNamed),
};

const answer = (made: Delivery, branch: string): string[] =>
  deploysOn(made, branch)
    .map(({ name }) => name)
    .sort();

test("planned for a push: the environments that are open to it", () => {
  fc.assert(
    fc.property(deliveries, fc.constantFrom(...branches), (made, branch) => {
      const names = made.environments.map(({ name }) => name);
      const { pipelines } = plan(made, request({ environments: names, change: { branch } }));
      const open = pipelines.filter(({ decision }) => decision === "run").map(({ environment }) => environment);
      assert.deepEqual(open.sort(), answer(made, branch));
    }),
    tries(100),
  );
});

test("GitHub, orchestrated: the program that plans, with the real jq", needs("jq"), () => {
  const cases = fc.sample(fc.tuple(deliveries, fc.constantFrom(...branches)), 200);
  const program = `.[] | . as $case
    | {event: "push", branch: $case.branch, wanted: ""} as $facts | $case.rows as $environments | [] as $pipelines
    | ${programText("decide.jq")} ${programText("plan/places.jq")} places`;
  const given = cases.map(([made, branch]) => ({ branch, rows: environmentRows(made) }));
  const printed = execFileSync("jq", ["-c", program], { encoding: "utf8", input: JSON.stringify(given) });
  const found = printed
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as string[]).sort());
  assert.deepEqual(
    found,
    cases.map(([made, branch]) => answer(made, branch)),
  );
});

for (const layout of ["orchestrated", "per-environment", "chained"] as const) {
  test(`GitHub, ${layout}: what a push makes run is what the planner lets run`, () => {
    const seen = { deployments: 0, refused: 0 };
    fc.assert(
      fc.property(deliveries.filter(fit[layout]!), fc.constantFrom(...branches.slice(0, 3)), (made, branch) => {
        const question = { event: "push", branch, changed: [], history: { deployed: {} } } as const;
        const each = layout === "chained" ? everythingIn(made) : made;
        if (answer(made, branch).length === 0) return;
        try {
          const proof = { questions: [question], strict: "without failures" } as const;
          seen.deployments += provesPlan(each, { layout }, proof).deployments;
        } catch (error) {
          if (!(error instanceof CannotWrite)) throw error;
          seen.refused++;
        }
      }),
      tries(100),
    );
    if (isFull) assert.ok(seen.deployments > 15, JSON.stringify(seen));
  });
}

function everythingIn(made: Delivery): Delivery {
  const copy = structuredClone(made);
  for (const { jobs } of copy.pipelines) for (const one of Object.values(jobs)) one.per = "environment";
  return copy;
}

for (const layout of ["single", "separate"] as const) {
  test(`CodePipeline, ${layout}: the environments whose stages a push goes through`, async () => {
    const seen = { deployments: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        deliveries.filter(fit.codepipeline!),
        fc.constantFrom("main", "develop"),
        async (made, branch) => {
          let files: ReturnType<typeof write>;
          try {
            files = write(made, {}, { layout });
          } catch (error) {
            if (!(error instanceof CannotWrite)) throw error;
            seen.refused++;
            return;
          }
          const { pipelines } = await readBack(files);
          const event = { ...push("p"), ref: { kind: "branch", name: branch }, paths: "every" } as const;
          const trace = simulate(pipelines, { events: [event], choose: () => 0 });
          const names = new Set(made.environments.map(({ name }) => name));
          const stages = trace.events.flatMap((one) => (one.what === "action-passed" ? [one.stage] : []));
          const entered = [...new Set(stages.filter((stage) => names.has(stage)))];
          assert.deepEqual(entered.sort(), answer(made, branch));
          seen.deployments += entered.length;
        },
      ),
      tries(100),
    );
    if (isFull) assert.ok(seen.deployments > 20, JSON.stringify(seen));
  });
}
