/** What the hand-over function knows of a delivery. */

import { patternSource } from "../../../../model/filters.ts";
import { sourceAction } from "../fixed-names.ts";
import { path } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import { alarmRule } from "../stage-rules.ts";
import type { LineStages } from "../stages.ts";
import { fromVariable } from "./variables.ts";

export interface HandOverPlan {
  /** Name of the source action. */
  readonly source: string;
  readonly variable: typeof fromVariable;
  /** Folder of the definition in the source, with a slash at its end. */
  readonly root: string;
  readonly pipelines: Readonly<
    Record<string, { readonly paths: readonly PathPattern[]; readonly needs: readonly string[] }>
  >;
  readonly environments: Readonly<Record<string, PlannedEnvironment>>;
  /** How many alarms are watched after a deployment, by environment: one that rings takes it back. */
  readonly watched: Readonly<Record<string, number>>;
  /** How the names of the rules begin that watch them. */
  readonly watch: string;
}

/** A regular expression, and whether what it matches is taken in or out again. */
type PathPattern = readonly ["with" | "without", string];

/** By pipeline. */
type PlannedEnvironment = Readonly<
  Record<
    string,
    {
      readonly codepipeline: string;
      /** Of those that deploy there, the ones to come first. */
      readonly needs: readonly string[];
      /** Of the environments that this pipeline goes through, the ones that come first. */
      readonly after: readonly string[];
    }
  >
>;

export function handOverPlan(lines: readonly LineStages[], { settings, root }: WriteOptions): HandOverPlan {
  const environments: Record<string, PlannedEnvironment> = {};
  const pipelines: Record<string, HandOverPlan["pipelines"][string]> = {};
  for (const { line, stages } of lines) {
    const pipeline = line.pipelines[0]!;
    pipelines[pipeline.name] = {
      paths: pipeline.triggers.paths.map(
        (glob): PathPattern => [glob.startsWith("!") ? "without" : "with", patternSource(glob)],
      ),
      needs: pipeline.needs,
    };
    const own = new Set(stages.map(({ name }) => name));
    for (const { name, after } of line.environments.filter(({ name }) => own.has(name))) {
      const present = lines.filter(
        (one) => one.line.branch === line.branch && one.stages.some((stage) => stage.name === name),
      );
      const needs = nearest(pipeline.needs, {
        isThere: (need) => present.some((one) => one.line.pipelines[0]!.name === need),
        before: (need) => line.onBranch.find((one) => one.name === need)!.needs,
      });
      const earlier = nearest(after, {
        isThere: (one) => own.has(one),
        before: (one) => line.environments.find((environment) => environment.name === one)!.after,
      });
      environments[name] = {
        ...environments[name],
        [pipeline.name]: { codepipeline: line.name, needs, after: earlier },
      };
    }
  }
  const watched = Object.fromEntries(
    Object.keys(environments).flatMap((name): [string, number][] => {
      const isWatched = settings.rollback === "stage" && Object.hasOwn(settings.alarms, name);
      return isWatched ? [[name, settings.alarms[name]!.length]] : [];
    }),
  );
  return {
    source: sourceAction,
    variable: fromVariable,
    root: root === "" ? "" : `${path(root)}/`,
    pipelines,
    environments,
    watched,
    watch: alarmRule.name,
  };
}

/** Those that are there; in the place of one that is not, the ones before it. */
function nearest(
  names: readonly string[],
  { isThere, before }: { isThere(name: string): boolean; before(name: string): readonly string[] },
): string[] {
  const found = names.flatMap((name) => (isThere(name) ? [name] : nearest(before(name), { isThere, before })));
  return [...new Set(found)];
}
