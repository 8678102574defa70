import type { LedgerJob, LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/**
 * A consumer gets the outputs and artifacts of its own release and environment: what this run made, or what its plan reuses. What
 * undoes gets those of the release that it undoes, where they were ever told as deployed.
 */
export function ownOutputs(): Checker {
  /** By environment, pipeline and release. */
  const addresses = new Map<string, string | undefined>();
  return {
    name: "own outputs",
    see(entry, ledger) {
      if (entry.kind === "durable" && entry.recorded.event.type === "lock.released") {
        const { environment, deployed } = entry.recorded.event;
        for (const [pipeline, { release, origin = release, outputs }] of Object.entries(deployed))
          addresses.set(`${environment} ${pipeline} ${origin}`, outputs.address);
      }
      if (entry.kind !== "process") return undefined;
      const { launch } = entry;
      const run = ledger.runs.get(launch.run);
      const job = run?.jobs.get(launch.job);
      if (run === undefined || job === undefined) return undefined;
      for (const [name, value] of Object.entries(launch.env)) {
        if (!name.startsWith("FROM_")) continue;
        const pipeline = name.slice("FROM_".length);
        const expected = handedOver(run, job, { pipeline, job: "deploy" })?.outputs.address;
        if (value !== expected)
          return `${launch.job} of ${run.id} got ${name}=${JSON.stringify(value)} for ${expected}`;
      }
      const { environment, pipeline, undoes } = job.planned;
      const before = undoes && addresses.get(`${environment} ${pipeline} ${undoes.release}`);
      if (launch.env.WAS !== undefined && before !== undefined && launch.env.WAS !== before)
        return `${launch.job} of ${run.id} undoes with ${JSON.stringify(launch.env.WAS)}, not ${before}`;
      for (const { name, artifact } of launch.inputs) {
        const [pipeline = "", file = ""] = name.split(".");
        const expected = handedOver(run, job, { pipeline, job: "build" })?.artifacts[file]?.digest;
        if (artifact.digest !== expected)
          return `${launch.job} of ${run.id} got ${name} ${artifact.digest} for ${expected}`;
      }
      const { BATON_RELEASE, BATON_RUN, BATON_ENVIRONMENT } = launch.env;
      const own = [String(undoes?.release ?? run.moves ?? run.release), run.id, job.planned.environment ?? ""];
      return [BATON_RELEASE, BATON_RUN, BATON_ENVIRONMENT].every((value, i) => value === own[i])
        ? undefined
        : `${launch.job} of ${run.id} was told that it is ${BATON_RUN} ${BATON_RELEASE} ${BATON_ENVIRONMENT}`;
    },
  };
}

type HandOver = Pick<LedgerJob, "outputs" | "artifacts">;

function handedOver(run: LedgerRun, reader: LedgerJob, from: { pipeline: string; job: string }): HandOver | undefined {
  const { environment } = reader.planned;
  const planned = run.plan.pipelines.find(
    (each) => each.pipeline === from.pipeline && each.environment === environment,
  );
  if (planned !== undefined && planned.decision !== "run") return planned.reused;
  const instance = run.plan.jobs.find(
    (each) =>
      each.pipeline === from.pipeline &&
      each.job === from.job &&
      (each.environment === undefined || each.environment === environment),
  );
  if (instance === undefined) return undefined;
  return run.jobs.get(instance.id) ?? instance.reused ?? planned?.reused;
}
