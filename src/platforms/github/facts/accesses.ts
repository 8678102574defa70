import type { Access } from "../../../facts/access.ts";
import type { Repository, Step } from "../workflow.ts";
import type { Instance } from "./instances.ts";

export function accessesOf(_repository: Repository, _step: Step, _instance: Instance): readonly Access[] {
  return [];
}
