/**
 * Plans a delivery of about so many job instances once, in a fresh process.
 *
 *     node plan-once.ts INSTANCES    prints {"tookMs", "memoryMb"}
 */
import { deliveryFromModule } from "../src/model/from-module.ts";
import { delivery, env, type PipelineHandle, pipeline, sh } from "../src/model/index.ts";
import { plan } from "../src/plan/make-plan.ts";

const jobsEach = 100;
const environments = Array.from({ length: 10 }, (_, index) => `e${index}`);
const instances = Number(process.argv[2]);

const pipelines: PipelineHandle[] = [];
for (let index = 0; index < instances / jobsEach / environments.length; index++) {
  const jobs = Array.from({ length: jobsEach }, (_, job) => [
    `j${job}`,
    { needs: [job - 1, job - 7].filter((before) => before >= 0).map((before) => `j${before}`), steps: [sh("true")] },
  ]);
  const needs = [index - 1, index - 5].filter((before) => before >= 0).map((before) => pipelines[before]!);
  pipelines.push(pipeline(`p${index}`, { needs, jobs: Object.fromEntries(jobs) }) as PipelineHandle);
}
const built = deliveryFromModule({
  default: delivery("bench", { pipelines, environments: environments.map((name) => env(name)) }),
});
if (!built.ok) throw new Error(JSON.stringify(built.refusals.slice(0, 3)));

const start = performance.now();
const planned = plan(built.value, {
  change: { event: "manual", commit: "c", branch: "main", changedSince: {}, uncommitted: [] },
  environments,
  pipelines: [],
  parameters: {},
  force: "none",
  history: { deployed: {} },
});
const tookMs = performance.now() - start;
if (planned.jobs.length !== instances) throw new Error(`${planned.jobs.length} instances were planned`);
console.log(JSON.stringify({ tookMs, memoryMb: process.resourceUsage().maxRSS / 1024 }));
