/**
 * The function that starts CodePipelines for pushes to CodeCommit by the files that are new: an event names none, so they are
 * asked for.
 */

import { patternSource } from "../../../../model/filters.ts";
import { ids, sourceAction } from "../fixed-names.ts";
import type { Resource, Statement } from "../infrastructure.ts";
import { limits } from "../limits.ts";
import { within } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import type { ReleaseLine } from "../release-lines.ts";
import { repositoryArn, sourceOf } from "../sources.ts";
import { localArn, parameter } from "../text.ts";
import { functionProgram, variableOf } from "./function-program.ts";
import { functionResources, gaveUp } from "./function-resources.ts";
import type { Plan } from "./program/changes.cjs";

interface Around {
  readonly delivery: string;
  readonly options: Pick<WriteOptions, "root" | "settings">;
}

export const changesId = "Changes";

const functionName = (delivery: string) => `${delivery}-changes`;

/** Whether it is the function that starts this CodePipeline, and not a rule; without paths there is nothing to compare. */
export const isCompared = ({ pipelines }: ReleaseLine, { source }: Around["options"]["settings"]): boolean =>
  source.type === "codecommit" && pipelines.every(({ triggers }) => triggers.paths.length > 0);

/** Name of what starts a CodePipeline for a push: a rule or the function. Undefined: a trigger does. */
export function starterOf(line: ReleaseLine, { delivery, options }: Around): string | undefined {
  if (sourceOf(options.settings).changed === undefined) return undefined;
  return isCompared(line, options.settings) ? functionName(delivery) : changeRuleName(line);
}

/** Name of the rule for new versions of the source of a CodePipeline. */
export const changeRuleName = (line: { readonly name: string }) =>
  within(limits.events.ruleName, `${line.name}-changed`);

export function planOf(lines: readonly ReleaseLine[], root: string): Plan {
  const folder = root === "" ? "" : `${root}/`;
  const branches = Object.entries(Object.groupBy(lines, ({ branch }) => branch)).map(([branch, own]) => [
    branch,
    own!.map(({ name, pipelines }) => ({
      codepipeline: name,
      pipelines: pipelines.map(({ triggers }) =>
        triggers.paths.map((glob) => [glob.startsWith("!") ? "without" : "with", patternSource(glob)] as const),
      ),
    })),
  ]);
  return { folder, branches: Object.fromEntries(branches) };
}

/** None where nothing is compared. */
export function changesResources(lines: readonly ReleaseLine[], { delivery, options }: Around): Resource[] {
  const compared = lines.filter((line) => line.joined?.does !== "deploys" && isCompared(line, options.settings));
  if (compared.length === 0) return [];
  const name = functionName(delivery);
  const branches = [...new Set(compared.map(({ branch }) => branch))];
  const statements: Statement[] = [
    {
      sid: "CompareCommits",
      actions: ["codecommit:GetBranch", "codecommit:GetDifferences"],
      resources: [repositoryArn],
    },
    {
      sid: "LookAndStart",
      actions: ["codepipeline:ListPipelineExecutions", "codepipeline:StartPipelineExecution"],
      resources: compared.map((line) => localArn("codepipeline", line.name)),
    },
  ];
  return [
    ...functionResources({
      id: changesId,
      comment: ["CodeCommit does not say which files a push touches: this asks, and starts whom it concerns."],
      name,
      description: "Starts the CodePipelines to which a push brought something",
      file: "changes.js",
      timeoutSeconds: 120,
      memoryMb: 256,
      statements,
      source: functionProgram({
        folder: new URL("./program/", import.meta.url),
        files: ["changes.cjs"],
        clients: { codecommit: "CodeCommitClient", codepipeline: "CodePipelineClient" },
        plan: planOf(compared, options.root),
        settings: {
          source: JSON.stringify(sourceAction),
          repository: variableOf("REPOSITORY"),
          say: "console.log",
        },
      }),
      variables: { REPOSITORY: [parameter(ids.repository)] },
    }),
    {
      kind: "rule",
      id: "SourceChanged",
      comment: [],
      name: `${delivery}-source-changed`,
      description: "Looks which CodePipelines a push concerns",
      pattern: sourceOf(options.settings).changed!(branches),
      target: { kind: "function", id: changesId },
    },
    gaveUp(`${changesId}Alarm`, {
      delivery,
      of: changesId,
      description: "Nobody looked which CodePipelines a push concerns: see the function's log",
    }),
  ];
}
