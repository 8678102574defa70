import type { Deployed } from "../../plan/plan.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { notThere } from "../control.ts";
import { deployedView } from "./deployed.ts";

/** What is deployed hands over, by environment (in promotion order) and pipeline. */
export interface OutputsView {
  version: 1;
  environments: Record<string, Record<string, Deployed>>;
}

/** Of one environment, or of all. @throws {Refused} when nothing is deployed in the one that is asked for. */
export function outputsView(journal: JournalReader | undefined, only: string | undefined): OutputsView {
  const all = journal === undefined ? {} : deployedView(journal);
  if (only !== undefined && !(only in all)) throw notThere("nothing-deployed", only, Object.keys(all));
  const view: OutputsView = { version: 1, environments: {} };
  for (const [environment, pipelines] of Object.entries(only === undefined ? all : { [only]: all[only]! })) {
    const here: Record<string, Deployed> = {};
    for (const [pipeline, { at: _, ...record }] of Object.entries(pipelines)) here[pipeline] = record;
    view.environments[environment] = here;
  }
  return view;
}
