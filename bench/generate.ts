/**
 * Writes workflows for many pipelines and environments, and measures time and memory: `node bench/generate.ts [PIPELINES]`.
 * Peers that are installed (projen, @github-actions-workflow-ts/lib) write as many workflows of the same jobs.
 */
import type { Delivery, Job, Pipeline } from "../src/model/delivery.ts";
import { type Layout, layouts } from "../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../src/platforms/github/write/write.ts";
import { peers } from "./generate-peers.ts";

const pipelines = Number(process.argv[2] ?? 1_000);
const environments = ["dev", "test", "prod"];

const job = (more: Partial<Job>): Job => ({
  per: "environment",
  needs: [],
  deploys: false,
  runsAfter: "success",
  steps: [
    {
      name: "work",
      run: "make work\nmake more",
      shell: "bash",
      env: {},
      workingDirectory: ".",
      continueOnFailure: false,
    },
  ],
  env: { WHERE: { context: "environment" } },
  timeoutMs: 600_000,
  retry: { attempts: 1, delayMs: 0, factor: 1, maxDelayMs: 0 },
  workingDirectory: ".",
  tools: [],
  continueOnFailure: false,
  artifacts: {},
  uses: [],
  ...more,
});

/** In families of four, each needing the one before: a chain is no longer than GitHub allows. */
function delivery(layout: Layout): Delivery {
  const all = Array.from({ length: pipelines }, (_, i): Pipeline => {
    const need = i % 4 === 0 ? [] : [`p${i - 1}`];
    return {
      name: `p${i}`,
      needs: need,
      triggers: { paths: [`p${i}/**`], branches: [], pullRequests: true, manual: true, schedules: [] },
      outputs: { address: { type: "url", job: "deploy" } },
      env: {},
      workingDirectory: `p${i}`,
      jobs: {
        test: job({}),
        deploy: job({
          needs: ["test"],
          deploys: true,
          env: Object.fromEntries(need.map((name) => ["BEFORE", { output: `${name}.address` }])),
        }),
      },
    };
  });
  return {
    version: 1,
    name: "many",
    variables: {},
    parameters: {},
    environments: environments.map((name, i) => ({
      name,
      ...(layout === "chained" || i < 2 ? { branch: name } : {}),
      after: layout !== "chained" && i === 2 ? ["test"] : [],
      variables: {},
    })),
    pipelines: all,
  };
}

interface Measured {
  what: string;
  files: number;
  bytes: number;
  ms: number;
  heapMb: number;
}

function measure(what: string, work: () => { files: number; bytes: number }): Measured {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const began = performance.now();
  const made = work();
  const ms = performance.now() - began;
  return { what, ...made, ms: Math.round(ms), heapMb: Math.round((process.memoryUsage().heapUsed - before) / 1e6) };
}

const rows: Measured[] = layouts.map((layout) => {
  const made = delivery(layout);
  return measure(`baton ${layout}`, () => {
    const files = writeWorkflows(made, { layout });
    return { files: files.length, bytes: files.reduce((sum, { text }) => sum + text.length, 0) };
  });
});
for (const { name, write } of await peers()) rows.push(measure(name, () => write(pipelines * environments.length)));
console.table(rows);
