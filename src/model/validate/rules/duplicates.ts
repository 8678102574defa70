import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { type Rule, refusal } from "../subject.ts";

/** One name, one thing. */
export const duplicates: Rule = function* ({ delivery, jobs, artifacts }) {
  yield* sameNames(delivery.environments, "environment", "environments");
  yield* sameNames(delivery.pipelines, "pipeline", "pipelines");
  for (const { pipeline, name, job, path } of jobs) {
    for (const artifact of Object.keys(job.artifacts)) {
      const first = artifacts.get(`${pipeline.name}.${artifact}`)!;
      if (first.madeBy.name === name) continue;
      yield refusal("artifact-made-twice", [...path, "artifacts", artifact], {
        message: `the jobs "${first.madeBy.name}" and "${name}" of "${pipeline.name}" both leave behind the artifact "${artifact}"`,
        related: [{ message: `"${first.madeBy.name}" leaves it behind here`, path: first.path }],
        help: "give each artifact a name of its own, so that those who use it know which one they get",
      });
    }
  }
  for (const { name, after } of delivery.environments) yield* listedTwice(after, ["environments", name, "after"]);
  for (const { name, needs } of delivery.pipelines) yield* listedTwice(needs, ["pipelines", name, "needs"]);
  for (const { job, path } of jobs) yield* listedTwice(job.needs, [...path, "needs"]);
};

function* sameNames(parts: readonly { name: string }[], kind: string, key: string): Generator<Refusal> {
  const seen = new Map<string, number>();
  for (const { name } of parts) {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    if (count === 1) continue;
    yield refusal("duplicate-name", [key, `${name}#${count}`], {
      message: `there is already ${kind === "environment" ? "an" : "a"} ${kind} "${name}"`,
      related: [{ message: `the first "${name}"`, path: [key, name] }],
      help: "give one of them another name",
    });
  }
}

function* listedTwice(names: readonly string[], path: DefinitionPath): Generator<Refusal> {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    yield refusal("listed-twice", [...path, index], {
      message: `"${path.at(-1)}" lists "${name}" twice`,
      help: "leave one of them out",
    });
  }
}
