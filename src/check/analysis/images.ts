/** Who pushes and who uses which container image. */

import type { Key, ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline, StepFacts } from "../../facts/facts.ts";
import type { Analysis } from "./analysis.ts";
import { effectsOf } from "./effects.ts";
import { literalText } from "./wording.ts";

export interface ImageAccess {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
  readonly step: StepFacts;
  readonly access: ResourceAccess;
  readonly name: Key;
}

export function imagesOf(analysis: Analysis, mode: "read" | "write"): ImageAccess[] {
  const found: ImageAccess[] = [];
  for (const { pipeline, job } of analysis.work()) {
    for (const step of job.steps) {
      for (const access of step.accesses) {
        if (access.kind !== "resource" || access.resource !== "image" || (access.mode === "read") !== (mode === "read"))
          continue;
        if (mode === "write" && access.effect === "none") continue;
        found.push({ pipeline, job, step, access, name: step.resolve(access.key) });
      }
    }
  }
  return found;
}

/** Deploying commands that name an image which others push, as `kubectl set image` does. */
export function usesInCommands(analysis: Analysis, written: readonly ImageAccess[]): ImageAccess[] {
  const names = new Map(written.map((image) => [literalText(image.name), image] as const));
  const found: ImageAccess[] = [];
  for (const { pipeline, job } of analysis.work()) {
    for (const { step, kind } of effectsOf(job)) {
      if (kind !== "deploy" || step?.kind !== "command") continue;
      for (const [name, { access, name: key }] of names) {
        if (name && mentions(step.text, name)) found.push({ pipeline, job, step, access, name: key });
      }
    }
  }
  return found;
}

function mentions(text: string, name: string): boolean {
  const at = text.indexOf(name);
  return at >= 0 && !/[\w.-]/.test(text[at + name.length] ?? "");
}

/** Last part of the name after the colon that no slash follows. */
export function tagOf(name: Key): string | undefined {
  const last = name.at(-1);
  const text = literalText(name);
  if (text !== undefined) return /:([^/:@]+)$/.exec(text)?.[1];
  return last?.kind === "text" ? /:([^/:@]+)$/.exec(last.text)?.[1] : undefined;
}

/** A tag that names what is newest, not one version. */
export function isMutableTag(tag: string): boolean {
  return /^(latest|main|master|develop|dev|edge|nightly|stable|staging|stage|prod|production|test|qa|uat|next|canary)$/i.test(
    tag,
  );
}
