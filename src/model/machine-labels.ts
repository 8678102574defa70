/** What labels say of a machine, as GitHub and most agents call it. */

import type { Delivery, RunsOn, Value } from "./delivery.ts";
import type { MatrixLeg } from "./matrix-legs.ts";
import { own } from "./own.ts";

export type System = "Linux" | "macOS" | "Windows";
export type Architecture = "x86_64" | "arm64";

const systems: readonly (readonly [RegExp, System])[] = [
  [/^(?:ubuntu|linux|debian|alpine)(?:-|$)/i, "Linux"],
  [/^(?:macos|darwin)(?:-|$)/i, "macOS"],
  [/^windows(?:-|$)/i, "Windows"],
];

/** Undefined: the label does not say. */
export function systemOf(label: string): System | undefined {
  return systems.find(([pattern]) => pattern.test(label))?.[1];
}

/** Undefined: the label is not about that. */
export function architectureOf(label: string): Architecture | undefined {
  if (/^(?:arm64|aarch64)$/i.test(label)) return "arm64";
  return /^(?:x64|x86_64|amd64)$/i.test(label) ? "x86_64" : undefined;
}

/** Where a label is read: its values come from the leg and from the variables. */
export interface LabelPlace {
  readonly delivery: Pick<Delivery, "variables" | "environments">;
  readonly environment: string | undefined;
  readonly leg: MatrixLeg;
}

/** Labels whose text is known before anybody starts a run. */
export function knownLabels({ labels }: RunsOn, place: LabelPlace): string[] {
  return labels.flatMap((label) => knownText(label, place) ?? []);
}

function knownText(value: Value, place: LabelPlace): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    const parts = value.map((part) => knownText(part, place));
    return parts.includes(undefined) ? undefined : parts.join("");
  }
  if ("matrix" in value) return own(place.leg, value.matrix);
  if ("context" in value) return value.context === "environment" ? place.environment : undefined;
  if (!("variable" in value)) return undefined;
  const there = place.delivery.environments.find(({ name }) => name === place.environment)?.variables ?? {};
  return own(there, value.variable) ?? own(place.delivery.variables, value.variable);
}

/** The system that a machine with these labels has; undefined where none of them says. */
export function systemWanted(runsOn: RunsOn, place: LabelPlace): System | undefined {
  return knownLabels(runsOn, place).flatMap((label) => systemOf(label) ?? [])[0];
}
