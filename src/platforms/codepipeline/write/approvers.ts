import type { Resource } from "./infrastructure.ts";
import type { Register } from "./job-place.ts";
import type { WriteOptions } from "./options.ts";
import type { LineStages } from "./stages.ts";
import { localArn } from "./text.ts";

/** For people: who has this policy may answer. */
export function approversOf(
  { line, stages }: LineStages,
  { register, options }: { register: Register; options: WriteOptions },
): Resource[] {
  return line.environments.flatMap((environment): Resource[] => {
    const stage = stages.find(({ name }) => name === `Approve-${environment.name}`);
    if (stage === undefined) return [];
    const who = environment.approval!.reviewers;
    return [
      {
        kind: "policy",
        id: register.id("approve", ...(options.layout === "separate" ? [line.name] : []), environment.name, "policy"),
        comment: [
          `Attach it to ${who.length > 0 ? who.join(", ") : "whoever may approve"}: CodePipeline asks IAM who may answer.`,
        ],
        description: `May approve and reject releases of ${line.name} for ${environment.name}`,
        statements: [
          {
            sid: "See",
            actions: ["codepipeline:GetPipeline", "codepipeline:GetPipelineState", "codepipeline:GetPipelineExecution"],
            resources: [localArn("codepipeline", line.name)],
          },
          {
            sid: "Answer",
            actions: ["codepipeline:PutApprovalResult"],
            resources: [localArn("codepipeline", `${line.name}/${stage.name}/${stage.actions[0]!.name}`)],
          },
        ],
      },
    ];
  });
}
