/** EventBridge rules that start CodePipelines: for new versions of a source that has no trigger, for images, and at set times. */

import { eventBridgeCron } from "./cron.ts";
import { changeRuleName, isCompared } from "./functions/changes.ts";
import type { EventRule, Pattern, Resource, Role, Schedule } from "./infrastructure.ts";
import type { Register } from "./job-place.ts";
import { limits } from "./limits.ts";
import { within } from "./names.ts";
import type { Settings } from "./options.ts";
import { sourceOf } from "./sources.ts";
import type { LineStages } from "./stages.ts";
import { localArn } from "./text.ts";

export function startsOf(
  lines: readonly LineStages[],
  { register, settings }: { register: Register; settings: Settings },
): Resource[] {
  return lines.flatMap(({ line }) => {
    // What is built is deployed like any release, whatever has started the build.
    if (line.joined?.does === "deploys") return [];
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
    const target = { kind: "pipeline", id: register.id(line.name, "pipeline"), role: role.id } as const;
    const rule = (id: string, name: string, pattern: Pattern): EventRule => ({
      kind: "rule",
      id,
      name,
      comment: [],
      description: `Starts ${line.name}`,
      pattern,
      target,
    });
    const { changed } = sourceOf(settings);
    const images = line.pipelines.flatMap(({ name }) => settings.startedByImages[name] ?? []);
    const schedules = line.pipelines.flatMap(({ triggers }) => triggers.schedules);
    const rules: (EventRule | Schedule)[] = [
      ...(changed && !isCompared(line, settings)
        ? [rule(register.id(line.name, "changed"), changeRuleName(line), changed([line.branch]))]
        : []),
      ...images.map((image, index) =>
        rule(
          register.id(line.name, "image", String(index + 1)),
          within(limits.events.ruleName, `${line.name}-image-${index + 1}`),
          pushOf(image),
        ),
      ),
      ...[...new Set(schedules.flatMap(eventBridgeCron))].map(
        (expression, index): Schedule => ({
          kind: "schedule",
          id: register.id(line.name, "schedule", String(index + 1)),
          comment: [],
          description: `Starts ${line.name}`,
          expression,
          target,
        }),
      ),
    ];
    return rules.length === 0 ? [] : [role, ...rules];
  });
}

const pushOf = ({ repository, tag }: Settings["startedByImages"][string][number]): Pattern => ({
  source: ["aws.ecr"],
  "detail-type": ["ECR Image Action"],
  detail: {
    "action-type": ["PUSH"],
    result: ["SUCCESS"],
    "repository-name": [repository],
    ...(tag !== undefined && { "image-tag": [tag] }),
  },
});
