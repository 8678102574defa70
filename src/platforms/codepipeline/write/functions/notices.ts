/** The function that tells the team how runs ended, and the rules that call it. */

import { namesIn, ruleName } from "../events.ts";
import { sourceAction } from "../fixed-names.ts";
import type { EventRule, Resource, Statement } from "../infrastructure.ts";
import type { Settings } from "../options.ts";
import { sourceOf } from "../sources.ts";
import type { LineStages } from "../stages.ts";
import { isReference, localArn, type Text } from "../text.ts";
import { isChatting, toldTopics, toldVariables } from "./chat.ts";
import { functionProgram, variableOf } from "./function-program.ts";
import { functionResources, gaveUp } from "./function-resources.ts";
import type { Plan } from "./program/notices.cjs";

interface Observed {
  readonly delivery: string;
  readonly settings: Settings;
  readonly lines: readonly LineStages[];
  /** Names of the pipelines for pull requests. */
  readonly checks: readonly string[];
}

export const noticesId = "Notices";

export const noticesProgram = (plan: Plan, { chats = false } = {}): string =>
  functionProgram({
    folder: new URL("./program/", import.meta.url),
    files: chats ? ["notices.cjs", "asked.cjs"] : ["notices.cjs"],
    chats,
    clients: { codepipeline: "CodePipelineClient", sns: "SNSClient" },
    plan,
    settings: {
      source: JSON.stringify(sourceAction),
      topic: variableOf("TOPIC"),
      versions: `${variableOf("VERSIONS")} ?? ""`,
      say: "console.log",
    },
  });

/** Of a set it is told what was deployed where, when it is proven; of checks only that they fail, for they are expected to pass. */
export function noticesResources({ delivery, settings, lines, checks }: Observed): Resource[] {
  const alone = lines.filter(({ line }) => !line.joined);
  const { page } = sourceOf(settings);
  const names = [...lines.map(({ line }) => line.name), ...checks];
  const statements: Statement[] = [
    {
      sid: "LookAtRuns",
      actions: [
        "codepipeline:ListPipelineExecutions",
        "codepipeline:ListActionExecutions",
        "codepipeline:ListRuleExecutions",
      ],
      resources: names.map((name) => localArn("codepipeline", name)),
    },
    { sid: "Tell", actions: ["sns:Publish"], resources: toldTopics(settings) },
  ];
  const heard = (
    ruleId: string,
    words: string,
    pipelines: readonly string[],
    states: readonly string[],
  ): EventRule => ({
    kind: "rule",
    id: ruleId,
    name: ruleName(delivery, ruleId),
    comment: [],
    description: `Tells the team that a run ${words}`,
    pattern: {
      source: ["aws.codepipeline"],
      "detail-type": ["CodePipeline Pipeline Execution State Change"],
      detail: { pipeline: namesIn(pipelines, delivery), state: states },
    },
    target: { kind: "function", id: noticesId },
  });
  return [
    ...functionResources({
      id: noticesId,
      name: `${delivery}-notices`,
      comment: ["Tells how runs ended: where, why, of which commit, and where to look."],
      description: "Tells the team how runs ended",
      file: "notices.js",
      timeoutSeconds: 60,
      memoryMb: 256,
      statements,
      source: noticesProgram(
        { environments: Object.fromEntries(alone.map(environmentsOf)) },
        { chats: isChatting(settings) },
      ),
      variables: { ...toldVariables(settings), ...(page !== undefined && { VERSIONS: versionsPage(page) }) },
    }),
    ...(alone.length > 0
      ? [
          heard(
            "TellPassed",
            "passed",
            alone.map(({ line }) => line.name),
            ["SUCCEEDED"],
          ),
        ]
      : []),
    heard("TellFailed", "did not pass", names, ["FAILED", "STOPPED", "CANCELED"]),
    gaveUp("NoticesLost", {
      delivery,
      of: noticesId,
      description: "Somebody was not told how a run ended: see the function's log",
    }),
  ];
}

function environmentsOf({ line, stages }: LineStages): [string, string[]] {
  const names = new Set(stages.map(({ name }) => name));
  return [line.name, line.environments.flatMap(({ name }) => (names.has(name) ? name : []))];
}

/** `{version}` in the place of a run's own. */
function versionsPage(page: Text): Text {
  const filled = (part: string) => part.replace(/#\{[^}]+\}/, "{version}");
  return typeof page === "string" ? filled(page) : page.map((part) => (isReference(part) ? part : filled(part)));
}
