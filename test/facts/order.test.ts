/**
 * Facts against the simulator, over random workflows: what the order calls ordered never overlaps the other way round, what
 * is said never to run never does, and what is said to run runs when nothing fails.
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Analysis } from "../../src/check/analysis/analysis.ts";
import type { Conclusion } from "../../src/facts/facts.ts";
import { githubFacts } from "../../src/platforms/github/facts/github-facts.ts";
import { readRepository } from "../../src/platforms/github/read/repository.ts";
import { createSimulator } from "../../src/platforms/github/simulate/simulator.ts";
import type { Scheduler } from "../../src/simulation/simulator.ts";
import type { Trace } from "../../src/simulation/trace.ts";
import { tries } from "../lane/depth.ts";
import { removeAtEnd } from "../lane/remove-at-end.ts";

const scratch = mkdtempSync(join(tmpdir(), "baton-order-"));
removeAtEnd(scratch);

const conditions = [
  undefined,
  "always()",
  "failure()",
  "!cancelled()",
  "!failure() && !cancelled()",
  "github.event_name == 'push'",
  "github.event_name == 'pull_request'",
  "github.ref == 'refs/heads/main'",
  "always() && github.ref == 'refs/heads/other'",
];

interface RandomJob {
  readonly needs: readonly number[];
  readonly condition: number;
  readonly fails: boolean;
}

const jobsArbitrary: fc.Arbitrary<RandomJob[]> = fc.array(
  fc.record({
    needs: fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 3 }),
    condition: fc.nat({ max: conditions.length - 1 }),
    fails: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

function workflow(jobs: readonly RandomJob[], on: string, name: string): string {
  const lines = jobs.flatMap(({ needs, condition }, i) => {
    const before = needs.filter((need) => need < i).map((need) => `j${need}`);
    const written = conditions[condition];
    return [
      `  j${i}:`,
      ...(before.length > 0 ? [`    needs: [${before.join(", ")}]`] : []),
      ...(written ? [`    if: \${{ ${written} }}`] : []),
      "    runs-on: ubuntu-latest",
      "    steps: [{ run: echo }]",
    ];
  });
  return [`name: ${name}`, `on: ${on}`, "jobs:", ...lines, ""].join("\n");
}

let count = 0;

function repositoryOf(jobs: readonly RandomJob[], later: readonly RandomJob[]) {
  const folder = join(scratch, String(count++), ".github/workflows");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "first.yml"), workflow(jobs, "push", "First"));
  writeFileSync(
    join(folder, "second.yml"),
    workflow(later, "{ workflow_run: { workflows: [First], types: [completed] } }", "Second"),
  );
  return readRepository(join(folder, "../.."), { defaultBranch: "main" });
}

function schedulerOf(choices: readonly number[]): Scheduler {
  let next = 0;
  return { choose: (options) => choices[next++ % choices.length]! % options.length };
}

function times(trace: Trace, pipeline: string, key: string) {
  const run = trace.runs.find((each) => each.pipeline === pipeline)?.id;
  const find = (kind: "job-started" | "job-ended") =>
    trace.entries.find((entry) => entry.kind === kind && entry.run === run && entry.path[0] === key);
  const ended = find("job-ended");
  return {
    started: find("job-started")?.at,
    ended: ended?.at,
    conclusion: ended?.kind === "job-ended" ? ended.conclusion : undefined,
  };
}

test("facts and simulator agree on who runs and in which order", () => {
  fc.assert(
    fc.property(
      jobsArbitrary,
      jobsArbitrary,
      fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 30 }),
      (jobs, later, choices) => {
        const repository = repositoryOf(jobs, later);
        const analysis = new Analysis(githubFacts(repository));
        const [first, second] = repository.workflows.map(({ file }) => analysis.facts.pipeline(file)!);
        const chain = analysis.chains(first!).find((each) => each.circumstances.branch === "main")!;
        const failing = first!.jobs.filter((job) => jobs[Number(job.key.slice(1))]!.fails);
        const trace = createSimulator(repository).simulate(
          analysis.scenario(
            [chain],
            failing.map((job) => ({ job: { run: { pipeline: first!.id }, path: job.path }, outcome: "failure" })),
          ),
          schedulerOf(choices),
        );
        const results = new Map<string, Conclusion>(failing.map((job) => [job.id, "failure"]));
        for (const job of first!.jobs) {
          const seen = times(trace, first!.id, job.key);
          const said = job.runs({ ...chain.circumstances, results });
          assert.equal(said, seen.started === undefined ? "no" : "yes", `${job.key} with ${[...results.keys()]}`);
          for (const other of first!.jobs) {
            const others = times(trace, first!.id, other.key);
            if (!analysis.before(other, job) || seen.started === undefined || others.started === undefined) continue;
            assert.ok(others.ended! < seen.started, `${other.key} ends before ${job.key} starts`);
          }
        }
        for (const job of first!.jobs) {
          for (const downstream of second!.jobs) {
            const [a, b] = [times(trace, first!.id, job.key), times(trace, second!.id, downstream.key)];
            if (a.ended !== undefined && b.started !== undefined) assert.ok(a.ended < b.started);
          }
        }
      },
    ),
    tries(150),
  );
});
