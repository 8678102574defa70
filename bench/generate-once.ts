/**
 * Writes workflows for many pipelines in three environments, in a process of its own. A peer (projen,
 * @github-actions-workflow-ts/lib) writes as many workflows of the same jobs.
 */
import type { Delivery, Job, Pipeline } from "../src/model/delivery.ts";
import { type Layout, layouts } from "../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../src/platforms/github/write/write.ts";
import { peer } from "./generate-peers.ts";

const pipelines = Number(process.argv[2]);
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

/** One writer, by its name: a layout of Baton's, or a peer. */
const [side] = process.argv.slice(3);
if (side === undefined) throw new Error("usage: node bench/generate-once.ts PIPELINES WRITER");
const layout = layouts.find((one) => one === side);
if (layout) writeWorkflows(delivery(layout), { layout });
else (await peer(side)).write(pipelines * environments.length);
console.log(JSON.stringify({ memoryMb: process.resourceUsage().maxRSS / 1024 }));
