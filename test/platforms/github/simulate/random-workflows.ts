/** Random repositories and scenarios for properties: small, structured, and shrinking to something a person can read. */

import fc from "fast-check";
import { readTexts } from "../../../../src/platforms/github/read/repository.ts";
import type { Repository } from "../../../../src/platforms/github/workflow.ts";
import type { JobPattern, OutcomeRule, RootEvent, Scenario } from "../../../../src/simulation/scenario.ts";

export interface Case {
  readonly files: ReadonlyMap<string, string>;
  readonly scenario: Scenario;
}

export interface Shape {
  readonly workflows: number;
  readonly jobs: number;
  readonly events: number;
}

const jobIds = ["a", "b", "c", "d"];
const files = ["w0.yml", "w1.yml", "w2.yml", "w3.yml"];
export const fileOf = (index: number) => `.github/workflows/${files[index]!}`;

interface JobPlan {
  readonly needs: readonly number[];
  readonly condition: string | undefined;
  readonly calls: number | undefined;
  readonly group: object | undefined;
  readonly forgiven: boolean;
  readonly environment: string | undefined;
  readonly matrix: object | undefined;
  readonly steps: readonly object[];
}

/** Groups whose name begins with `m` keep all that wait; all others have one place. */
const group = (extra: readonly string[] = []) =>
  fc.oneof(
    fc.record({
      group: fc.constantFrom("g1", "g2", "G1", ...extra),
      "cancel-in-progress": fc.constantFrom(false, false, true),
    }),
    fc.constantFrom("m1", "M2").map((name) => ({ group: name, queue: "max" })),
  );

const rarely = <T>(of: fc.Arbitrary<T>, times = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: times }, { arbitrary: of, weight: 1 });

const stepCondition = rarely(
  fc.constantFrom("always()", "failure()", "cancelled()", "!cancelled()", "github.ref == 'refs/heads/main'", "vars.x"),
  3,
);

const step = fc
  .record({
    run: fc.constant("echo"),
    if: stepCondition,
    "continue-on-error": rarely(fc.constant(true), 6),
  })
  .map((plan) => given(plan));

/** A step that starts the workflow with this number, with a token that may. */
const dispatching = (target: number) => ({
  run: `gh workflow run ${files[target]!}`,
  env: { GH_TOKEN: `\${{ secrets.PAT }}` },
});

/** Without the keys that have no value. */
function given(plan: object): object {
  return Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined));
}

function conditionFor(earlier: readonly string[]): fc.Arbitrary<string | undefined> {
  const about = earlier.flatMap((id) => [
    `needs.${id}.result == 'success'`,
    `always() && needs.${id}.result != 'failure'`,
    `needs.${id}.outputs.o == 'x'`,
  ]);
  const plain = [
    ...["always()", "failure()", "!cancelled()", "cancelled()", "success() || failure()", "!failure() && !cancelled()"],
    ...["github.ref == 'refs/heads/main'", "github.event_name == 'push'", "vars.x == 'y'", "inputs.flag"],
    "github.event.workflow_run.conclusion == 'success'",
  ];
  return rarely(fc.constantFrom(...plain, ...about), 2);
}

function jobPlan(
  index: number,
  { callable, dispatchable }: { callable: readonly number[]; dispatchable: readonly number[] },
) {
  const earlier = jobIds.slice(0, index);
  return fc.record<JobPlan>({
    needs: fc.subarray(earlier.map((_, i) => i)),
    condition: conditionFor(earlier),
    calls: callable.length === 0 ? fc.constant(undefined) : rarely(fc.constantFrom(...callable), 2),
    group: rarely(group([`g-\${{ github.ref }}`]), 3),
    forgiven: fc.constantFrom(false, false, false, true),
    environment: rarely(fc.constant("prod"), 3),
    matrix: rarely(
      fc.record({
        matrix: fc.constantFrom<object>({ v: [1, 2] }, { v: `\${{ fromJSON(vars.list) }}` }),
        "fail-fast": fc.boolean(),
        "max-parallel": fc.constantFrom(1, 2),
      }),
      6,
    ),
    steps: fc
      .tuple(
        fc.array(step, { minLength: 1, maxLength: 2 }),
        dispatchable.length === 0
          ? fc.constant(undefined)
          : rarely(fc.constantFrom(...dispatchable).map(dispatching), 12),
      )
      .map(([plain, more]) => (more ? [...plain, more] : plain)),
  });
}

function jobOf(plan: JobPlan): object {
  const { needs, condition, calls, group: concurrency, forgiven, environment, matrix, steps } = plan;
  const shared = { needs: needs.map((i) => jobIds[i]), if: condition, concurrency };
  if (calls !== undefined)
    return given({ ...shared, uses: `./${fileOf(calls)}`, with: { flag: `\${{ github.ref == 'refs/heads/main' }}` } });
  return given({
    ...shared,
    strategy: matrix,
    environment,
    "runs-on": "x",
    "continue-on-error": forgiven ? true : undefined,
    outputs: { o: "x" },
    steps,
  });
}

/** The later workflows can be called, so that calls never go round. */
function workflow(index: number, { workflows, jobs }: Shape) {
  const isCallable = (i: number) => i >= workflows / 2;
  const callable = Array.from({ length: workflows }, (_, i) => i).filter((i) => i > index && isCallable(i));
  const others = Array.from({ length: workflows }, (_, i) => i).filter((i) => i !== index);
  const flag = { inputs: { flag: { type: "boolean", default: false } } };
  const triggers = fc
    .record({
      push: rarely(
        fc.constantFrom<object | null>(null, { branches: ["main"] }, { tags: ["v*"] }, { paths: ["a/**"] }),
        1,
      ),
      pull_request: rarely(fc.constantFrom<object | null>(null, { types: ["closed"] }), 4),
      workflow_run:
        others.length === 0
          ? fc.constant(undefined)
          : rarely(
              fc
                .record({
                  workflows: fc.subarray(
                    others.map((i) => `W${i}`),
                    { minLength: 1, maxLength: Math.min(2, others.length) },
                  ),
                  types: fc.constantFrom(["completed"], ["completed"], ["requested"]),
                  branches: fc.constantFrom(undefined, undefined, ["main"]),
                })
                .map(given),
              1,
            ),
      workflow_dispatch: rarely(fc.constant(flag), 2),
    })
    .map((on) => given({ ...on, workflow_call: isCallable(index) ? flag : undefined, release: undefined }))
    .map((on) => (Object.keys(on).length === 0 ? { push: null } : on));
  const plans = fc
    .integer({ min: 1, max: jobs })
    .chain((count) =>
      fc.tuple(...jobIds.slice(0, count).map((_, i) => jobPlan(i, { callable, dispatchable: others }))),
    );
  return fc
    .record({ on: triggers, concurrency: rarely(group(), 4), jobs: plans })
    .map(({ on, concurrency, jobs: list }) =>
      given({
        name: `W${index}`,
        on,
        concurrency,
        jobs: Object.fromEntries(list.map((plan, i) => [jobIds[i], jobOf(plan)])),
      }),
    );
}

function eventFor(index: number, workflows: number): fc.Arbitrary<RootEvent> {
  const id = `e${index}`;
  const commit = `c${index}`;
  const pipeline = fc.integer({ min: 0, max: workflows - 1 }).map(fileOf);
  const push = fc
    .record({ name: fc.constantFrom("main", "main", "dev"), paths: fc.constantFrom("every" as const, ["a/x"], ["b"]) })
    .map(({ name, paths }): RootEvent => ({ id, kind: "push", ref: { kind: "branch", name }, paths, commit }));
  const rarer: fc.Arbitrary<RootEvent>[] = [
    fc.constant<RootEvent>({ id, kind: "push", ref: { kind: "tag", name: "v1" }, paths: "every", commit }),
    fc.record({ outsider: fc.boolean(), action: fc.constantFrom("opened", "closed") }).map(
      (more): RootEvent => ({
        ...{ id, kind: "pull-request", base: "main", head: "topic", paths: "every", commit },
        ...{ ...more, merged: more.action === "closed" },
      }),
    ),
    pipeline.map((file): RootEvent => ({ id, kind: "dispatch", pipeline: file, branch: "main", inputs: {} })),
  ];
  if (index > 0) {
    rarer.push(pipeline.map((file): RootEvent => ({ id, kind: "rerun", of: { pipeline: file } })));
    rarer.push(pipeline.map((file): RootEvent => ({ id, kind: "cancel", of: { pipeline: file } })));
  }
  return fc.oneof({ arbitrary: push, weight: 4 }, ...rarer.map((arbitrary) => ({ arbitrary, weight: 1 })));
}

function outcome(workflows: number): fc.Arbitrary<OutcomeRule> {
  const job = fc.record({
    run: fc.record({ pipeline: fc.integer({ min: 0, max: workflows - 1 }).map(fileOf) }),
    path: fc.oneof(
      { arbitrary: fc.constantFrom(...jobIds.map((id) => [id])), weight: 3 },
      { arbitrary: fc.tuple(fc.constantFrom(...jobIds), fc.constantFrom(...jobIds)), weight: 1 },
    ),
  });
  return fc
    .record({
      job: job as fc.Arbitrary<JobPattern>,
      step: rarely(fc.constantFrom(0, 1), 2),
      outcome: fc.constantFrom("failure", "failure", "cancelled", "rejected"),
    })
    .map((rule) => given(rule) as OutcomeRule);
}

export function cases(shape: Shape): fc.Arbitrary<Case> {
  return fc.integer({ min: 1, max: shape.workflows }).chain((workflows) =>
    fc
      .record({
        texts: fc.tuple(...Array.from({ length: workflows }, (_, i) => workflow(i, { ...shape, workflows }))),
        events: fc
          .integer({ min: 1, max: shape.events })
          .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => eventFor(i, workflows)))),
        outcomes: fc.array(outcome(workflows), { maxLength: 3 }),
        unknownConditions: fc.constantFrom("hold" as const, "fail" as const),
        list: rarely(fc.constantFrom("[1]", "[1,2,3]")),
      })
      .map(({ texts, events, outcomes, unknownConditions, list }) => ({
        files: new Map(texts.map((text, i) => [fileOf(i), JSON.stringify(text, undefined, 1)])),
        scenario: {
          events,
          outcomes,
          choices: list === undefined ? [] : [{ expression: "vars.list", value: list }],
          defaultBranch: "main",
          unknownConditions,
        },
      })),
  );
}

export function repositoryOf({ files: texts }: Case): Repository {
  const repository = readTexts(texts, { defaultBranch: "main" });
  const refused = repository.problems.map(({ location, message }) => `${location.file}:${location.line} ${message}`);
  if (refused.length > 0) throw new Error(`GitHub would refuse these files:\n${refused.join("\n")}`);
  return repository;
}

export function describe({ files: texts, scenario }: Case): string {
  return `${[...texts].map(([file, text]) => `# ${file}\n${text}`).join("\n")}\n${JSON.stringify(scenario)}`;
}
