import { actionOutputs } from "./rules/action-outputs.ts";
import { alikeNames } from "./rules/alike-names.ts";
import { branches } from "./rules/branches.ts";
import { changes } from "./rules/changes.ts";
import { cycles } from "./rules/cycles.ts";
import { duplicates } from "./rules/duplicates.ts";
import { externalParameters } from "./rules/external-parameters.ts";
import { filters } from "./rules/filters.ts";
import { folders } from "./rules/folders.ts";
import { foreignExpressions } from "./rules/foreign-expressions.ts";
import { handOver } from "./rules/hand-over.ts";
import { machines } from "./rules/machines.ts";
import { matrix } from "./rules/matrix.ts";
import { names } from "./rules/names.ts";
import { notices } from "./rules/notices.ts";
import { parameters } from "./rules/parameters.ts";
import { previews } from "./rules/previews.ts";
import { promotions } from "./rules/promotions.ts";
import { ranges } from "./rules/ranges.ts";
import { releaseJobs } from "./rules/release-jobs.ts";
import { somethingToDo } from "./rules/something-to-do.ts";
import { undo } from "./rules/undo.ts";
import { unknownNames } from "./rules/unknown-names.ts";
import { variablesEverywhere } from "./rules/variables-everywhere.ts";
import { verify } from "./rules/verify.ts";
import { windows } from "./rules/windows.ts";
import type { Rule } from "./subject.ts";

/** In the order in which refusals are reported. */
export const rules: readonly Rule[] = [
  names,
  duplicates,
  alikeNames,
  unknownNames,
  cycles,
  branches,
  handOver,
  releaseJobs,
  verify,
  undo,
  changes,
  actionOutputs,
  variablesEverywhere,
  externalParameters,
  machines,
  matrix,
  parameters,
  ranges,
  folders,
  foreignExpressions,
  filters,
  windows,
  previews,
  promotions,
  notices,
  somethingToDo,
];
