import type { Ledger } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** What is moved is what the release made once: nothing of it is built again, and each job gets those very files. */
export function movesTheSameBytes(): Checker {
  return {
    name: "moves the same bytes",
    see(entry, ledger) {
      if (entry.kind !== "process") return undefined;
      const { launch } = entry;
      const run = ledger.runs.get(launch.run);
      if (run?.moves === undefined) return undefined;
      if (run.jobs.get(launch.job)?.planned.environment === undefined)
        return `${launch.job} of ${run.id} is made again`;
      for (const { name, artifact } of launch.inputs) {
        const [pipeline = "", file = ""] = name.split(".");
        const made = filesOf(ledger, run.moves, { pipeline, file });
        if (made.size > 0 && !made.has(artifact.digest))
          return `${launch.job} of ${run.id} got ${artifact.digest} for ${[...made].join(" or ")}`;
      }
      return undefined;
    },
  };
}

/** What the run of the release made once, or had from an earlier one: where it left a pipeline as it was, the files of that. */
function filesOf(ledger: Ledger, release: number, { pipeline, file }: { pipeline: string; file: string }): Set<string> {
  const run = [...ledger.runs.values()].find((one) => one.release === release);
  const made = run?.jobs.get(`${pipeline}.build`);
  const found = [
    made?.status === "succeeded" ? made.artifacts[file] : undefined,
    ...(run?.plan.jobs ?? []).map((one) => (one.pipeline === pipeline ? one.reused?.artifacts[file] : undefined)),
    ...(run?.plan.pipelines ?? []).map((one) =>
      one.pipeline === pipeline && one.decision === "reuse" ? one.reused?.artifacts[file] : undefined,
    ),
  ];
  return new Set(found.flatMap((artifact) => artifact?.digest ?? []));
}
