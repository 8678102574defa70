import { eventBridgeCron } from "./cron.ts";
import type { Resource, Role, Schedule } from "./infrastructure.ts";
import type { Register } from "./job-place.ts";
import type { LineStages } from "./stages.ts";
import { localArn } from "./text.ts";

export function schedulesOf(lines: readonly LineStages[], register: Register): Resource[] {
  return lines.flatMap(({ line }) => {
    // What is built anew at a set time is deployed like any release.
    if (line.joined?.does === "deploys") return [];
    const wanted = line.pipelines.flatMap(({ triggers }) => triggers.schedules);
    const expressions = [...new Set(wanted.flatMap(eventBridgeCron))];
    if (expressions.length === 0) return [];
    const role: Role = {
      kind: "role",
      id: register.id(line.name, "schedule role"),
      comment: [],
      service: "events.amazonaws.com",
      statements: [
        {
          sid: "Start",
          actions: ["codepipeline:StartPipelineExecution"],
          resources: [localArn("codepipeline", line.name)],
        },
      ],
    };
    const rules = expressions.map(
      (expression, index): Schedule => ({
        kind: "schedule",
        id: register.id(line.name, "schedule", String(index + 1)),
        comment: [],
        description: `Starts ${line.name}`,
        expression,
        target: { kind: "pipeline", id: register.id(line.name, "pipeline"), role: role.id },
      }),
    );
    return [role, ...rules];
  });
}
