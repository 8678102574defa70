/** What a stack that is there has of what the written files say: resource by resource. */

import { isDeepStrictEqual } from "node:util";
import { parseDocument } from "yaml";

export interface Difference {
  readonly missing: readonly string[];
  readonly changed: readonly string[];
  /** That nobody wants any more. */
  readonly left: readonly string[];
  /** Of `changed`: CodePipelines, which go back to no run of before an update. */
  readonly voided: readonly string[];
}

type Resources = Readonly<Record<string, unknown>>;

/** Of templates as text, in YAML or JSON, or as data. Functions in their short form are not told from their long one. */
export function differenceOf({ there, wanted }: { there: unknown; wanted: unknown }): Difference {
  const [has, wants] = [resourcesIn(there), resourcesIn(wanted)];
  const ids = Object.keys(wants);
  const changed = ids.filter((id) => Object.hasOwn(has, id) && !isDeepStrictEqual(has[id], wants[id]));
  const isPipeline = (id: string) => (wants[id] as { Type?: unknown }).Type === "AWS::CodePipeline::Pipeline";
  return {
    missing: ids.filter((id) => !Object.hasOwn(has, id)),
    changed,
    voided: changed.filter(isPipeline),
    left: Object.keys(has).filter((id) => !Object.hasOwn(wants, id)),
  };
}

/** Undefined where there is none. */
export function differenceText({ missing, changed, left, voided }: Difference): string | undefined {
  const parts = [
    ["not there yet", missing],
    ["other there", changed],
    ["there and not wanted any more", left],
  ] as const;
  const said = parts.filter(([, ids]) => ids.length > 0).map(([what, ids]) => `${what}: ${someOf(ids)}`);
  const lost =
    voided.length === 0
      ? []
      : [`the update ends what ${someOf(voided)} can roll back to, until a run has passed after it`];
  return said.length === 0 ? undefined : [...said, ...lost].join("; ");
}

const shown = 5;
const someOf = (ids: readonly string[]) =>
  ids.length <= shown ? ids.join(", ") : `${ids.slice(0, shown).join(", ")} and ${ids.length - shown} more`;

function resourcesIn(template: unknown): Resources {
  const data = typeof template === "string" ? parseDocument(template, { logLevel: "silent" }).toJS() : template;
  const found = Object.entries((data as { Resources?: Resources } | undefined)?.Resources ?? {});
  // What the CDK adds says nothing about AWS.
  return Object.fromEntries(
    found.flatMap(([id, one]) => {
      if (typeof one !== "object" || one === null || (one as { Type?: unknown }).Type === "AWS::CDK::Metadata")
        return [];
      const { Metadata: _, ...rest } = JSON.parse(JSON.stringify(one)) as Record<string, unknown>;
      return [[id, rest]];
    }),
  );
}
