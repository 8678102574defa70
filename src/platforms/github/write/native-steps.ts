/** Steps that GitHub has an action for, and what jobs need on a fresh machine. */

import type { Job, Step, Tool } from "../../../model/delivery.ts";
import type { StepDocument } from "./document.ts";
import { literal } from "./expressions.ts";
import { pinnedActions } from "./pinned-actions.ts";

type With = Record<string, string>;

/** The native form of a step; undefined when its own script is the best there is. `value` gives an input as text. */
export function nativeStep(step: Step, value: (input: string) => string | undefined): StepDocument | undefined {
  const name = literal(step.name);
  switch (step.action?.kind) {
    case "python.setup":
      return setupPython(name, value("version"), value("requirements"));
    case "node.setup":
      return setupNode(name, value("version"), value("lockfile"));
    case "cache":
      return { name, uses: pinnedActions.cache, with: given({ path: value("path"), key: value("key") }) };
    default:
      return undefined;
  }
}

function setupPython(name: string, version: string | undefined, requirements: string | undefined): StepDocument {
  return {
    name,
    uses: pinnedActions.setupPython,
    with: given({
      "python-version": version,
      ...(requirements !== undefined && { cache: "pip", "cache-dependency-path": requirements }),
    }),
  };
}

function setupNode(name: string, version: string | undefined, lockfile: string | undefined): StepDocument {
  return {
    name,
    uses: pinnedActions.setupNode,
    with: given({
      "node-version": version,
      ...(lockfile !== undefined && { cache: "npm", "cache-dependency-path": lockfile }),
    }),
  };
}

function given(all: Readonly<Record<string, string | undefined>>): With {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as With;
}

/** Steps that put a job's tools on the path, where the machines do not bring them in the wanted version. */
export function toolSteps(job: Job): StepDocument[] {
  const own = new Set(job.steps.map(({ action }) => action?.kind));
  return job.tools.flatMap((tool) => toolStep(tool, own));
}

function toolStep({ name, version }: Tool, own: ReadonlySet<string | undefined>): StepDocument[] {
  if (name === "node" && version !== undefined && !own.has("node.setup")) {
    return [setupNode("Set up Node.js", version, undefined)];
  }
  if (/^python3?$/.test(name) && version !== undefined && !own.has("python.setup")) {
    return [setupPython("Set up Python", version, undefined)];
  }
  if (name === "terraform") {
    return [
      {
        name: "Set up Terraform",
        uses: pinnedActions.setupTerraform,
        with: { ...(version !== undefined && { terraform_version: version }), terraform_wrapper: false },
      },
    ];
  }
  return [];
}
