import type { Key } from "../../facts/access.ts";
import { can, jobPattern } from "../analysis/analysis.ts";
import { effectsOf } from "../analysis/purpose.ts";
import { fileName, jobName, keyText } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const publishPointerBeforePayload: Rule = {
  id: "publish-pointer-before-payload",
  severity: "error",
  kind: "race",
  title: "announces a version before it is there",
  why: "A parameter that says which version is current is written before the image is pushed. Readers in between look for something that does not exist yet, and if the push fails they keep doing so.",
  url: documentation.syntax,
  *find(analysis) {
    const seen = new Set<object>();
    for (const { pipeline, job } of analysis.work()) {
      for (const [i, step] of job.steps.entries()) {
        const pointer = step.accesses.find(
          (access) => access.kind === "resource" && access.resource === "parameter" && access.mode !== "read",
        );
        if (!pointer || seen.has(step.at) || !/version|image|tag|release/i.test(step.text)) continue;
        const payload = job.steps
          .slice(i + 1)
          .find((later) =>
            effectsOf(job).some(
              (effect) =>
                effect.step === later &&
                (effect.access?.resource === "image" || effect.access?.resource === "package") &&
                sharesHole(later.resolve(effect.access.key), step.text),
            ),
          );
        const way = analysis.ways(pipeline).find((each) => can(analysis.stepRuns(job, step, each.circumstances)));
        if (!payload || !way) continue;
        seen.add(step.at);
        yield {
          message: `"${jobName(job)}" writes the version ("${step.label}") before it pushes it ("${payload.label}")`,
          at: step.at,
          related: [{ at: payload.at, message: "Pushed only here" }],
          confidence: "medium",
          schedule: [
            `${way.described} -> ${fileName(pipeline.id)}: "${step.label}" names the new version`,
            "somebody reads it: the version is not there",
            `"${payload.label}" pushes it, or fails`,
          ],
          help: "Push first, then write the parameter.",
          claim: analysis.claim(
            [way],
            [
              { kind: "step", job: jobPattern(job, way), step: step.index, outcome: "success" },
              { kind: "step", job: jobPattern(job, way), step: payload.index, outcome: "failure" },
            ],
            { kind: "runs", job: jobPattern(job, way), step: step.index },
            [{ job: jobPattern(job, way), step: payload.index, outcome: "failure" }],
          ),
        };
      }
    }
  },
};

/** The pointer's command uses the same value as the name of the payload. */
function sharesHole(key: Key, text: string): boolean {
  return (
    key.some((part) => {
      if (part.kind === "expression") return text.includes(part.text);
      return part.kind === "variable" && new RegExp(`\\$\\{?${part.name}\\b`).test(text);
    }) && keyText(key) !== ""
  );
}
