/** What pipelines use that a team already has, as far as their files tell. */

import { identity, literal } from "../../../facts/written.ts";
import type { Action, CodePipeline, PipelineFiles, Project } from "../pipeline.ts";
import { type Known, secretThings } from "./generated-use.ts";
import { minutesOf } from "./minutes.ts";
import type { MonthlyUse, UsedAction, UsedPipeline, UsedThing } from "./monthly-use.ts";
import { machinePrice } from "./prices.ts";
import { keptDaysWithoutLifecycle, runsOf } from "./settings.ts";

export function useOfFiles(files: PipelineFiles, known: Known): MonthlyUse {
  const unpriced = new Set<string>();
  const secrets = new Set<string>();
  let reads = 0;
  const pipelines = files.pipelines.map((pipeline): UsedPipeline => {
    const runs = runsOf(pipeline.label, known.settings);
    const actions = pipeline.stages.flatMap(({ actions }) =>
      actions.map((action) => {
        const project = projectOf(action, pipeline);
        const named = (project?.secrets ?? []).flatMap(({ key }) => identity(key) ?? []);
        for (const secret of named) secrets.add(secret);
        reads += named.length * runs;
        return usedAction(action, { pipeline, project, known, unpriced });
      }),
    );
    if (pipeline.partial) unpriced.add(`parts of ${pipeline.label} that only a deployment puts together`);
    if (pipeline.type === "unknown")
      unpriced.add(`the type of ${pipeline.label}, which its files leave open: taken as V2`);
    return {
      name: pipeline.label,
      type: pipeline.type === "V1" ? "V1" : "V2",
      runs,
      actions,
      keptDays: keptDays(pipeline),
    };
  });
  return {
    pipelines,
    things: [...kept(files), ...(secrets.size > 0 ? secretThings(secrets.size, reads) : [])],
    unpriced: [...unpriced],
  };
}

interface Around {
  readonly pipeline: CodePipeline;
  readonly project: Project | undefined;
  readonly known: Known;
  readonly unpriced: Set<string>;
}

function usedAction(action: Action, { pipeline, project, known, unpriced }: Around): UsedAction {
  const label = literal(action.name) ?? "?";
  const names = [`${pipeline.label}/${label}`];
  const provider = literal(action.provider);
  // Source: the price page. Work of a team's own workers and of people is not billed.
  const isFree = literal(action.category) === "Approval" || literal(action.owner) === "Custom";
  const isBuild = provider === "CodeBuild" || provider === "Commands";
  return {
    names,
    ...(isFree ? { minutes: 0, basis: "free" } : minutesOf({ names, provider, measuredMs: undefined }, known.settings)),
    build: isBuild ? { machine: machineOf(project, unpriced) } : undefined,
    inputs: action.inputs.length,
    outputs: action.outputs.length,
  };
}

function projectOf({ configuration }: Action, { scope }: CodePipeline): Project | undefined {
  const named = configuration.find(({ name }) => name === "ProjectName")?.value;
  const name = named && identity(named.key);
  return scope.projects.find(({ aliases }) => name !== undefined && aliases.includes(name));
}

/** A project that is not in the files is taken for one of the smallest. */
function machineOf(project: Project | undefined, unpriced: Set<string>) {
  const type = literal(project?.machine.type) ?? "LINUX_CONTAINER";
  const size = literal(project?.machine.size) ?? "BUILD_GENERAL1_SMALL";
  const machine = machinePrice(type, size);
  if (machine === undefined) unpriced.add(`builds on ${size} of ${type}, for which no price is kept here`);
  return machine;
}

function keptDays({ stores, scope }: CodePipeline): number {
  const names = stores.flatMap(({ key }) => identity(key) ?? []);
  const buckets = scope.buckets.filter(({ aliases }) => aliases.some((alias) => names.includes(alias)));
  const days = buckets.map(({ expireDays }) => expireDays ?? keptDaysWithoutLifecycle);
  return days.length > 0 ? Math.max(...days) : keptDaysWithoutLifecycle;
}

function kept({ kept: { alarms, dashboards, keys } }: PipelineFiles): UsedThing[] {
  const because = "in the files of the pipelines";
  const all: UsedThing[] = [
    { price: "cloudwatch.alarm", item: "alarms", quantity: alarms, because },
    { price: "cloudwatch.dashboard", item: "dashboards", quantity: dashboards, because },
    { price: "kms.key", item: "keys", quantity: keys, because },
  ];
  return all.filter(({ quantity }) => quantity > 0);
}
