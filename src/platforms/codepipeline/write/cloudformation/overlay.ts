/** A team's own additions to a template, in the words of CloudFormation. The CDK's constructs are made of the same template. */

import { CannotWrite } from "../../../generated.ts";
import { pseudoParameters, referencesOf } from "../cdk/code.ts";
import { isPatch, merged, notThere, type Patch, type Values } from "../overlay/merge.ts";
import { overlaidComment, type Patches } from "../overlay/overlay.ts";
import { Intrinsic } from "./intrinsic.ts";
import type { TemplateResource } from "./resources.ts";
import type { CommentedTemplate, Template } from "./template.ts";

/** @throws {CannotWrite} for what is not there, and for what is not known to be a function. */
export function withOverlay({ template, comments }: CommentedTemplate, patches: Patches): CommentedTemplate {
  const resources: Record<string, TemplateResource> = { ...template.Resources };
  const said = new Map(comments);
  for (const [id, patch] of Object.entries(patches)) {
    const there = Object.hasOwn(resources, id) ? resources[id] : undefined;
    if (there === undefined && typeof patch.Type !== "string") {
      throw notThere(`there is no resource ${id}; a new one says its Type`, id, Object.keys(resources));
    }
    if (there !== undefined && patch.Type !== undefined) {
      throw new CannotWrite(
        `the overlay: ${id} is there already, and stays a ${there.Type}`,
        "leave Type out, or give a resource of your own another name",
      );
    }
    resources[id] = merged(there ?? {}, patch, { values, where: id }) as TemplateResource;
    said.set(id, [...(said.get(id) ?? []), overlaidComment]);
  }
  const whole = { ...template, Resources: resources };
  refuseLooseEnds(whole, Object.keys(patches));
  return { template: whole, comments: said };
}

const values: Values = {
  isWhole: (value) => value instanceof Intrinsic,
  written,
};

/** The functions that CloudFormation's short forms stand for, which the settings file has in their long form. */
function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (!isPatch(value)) return value;
  const [key, ...others] = Object.keys(value);
  if (key !== undefined && others.length === 0 && (key === "Ref" || key.startsWith("Fn::")))
    return intrinsic(key, value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, written(one)]));
}

function intrinsic(key: string, patch: Patch): Intrinsic {
  const value = patch[key];
  if (key === "Ref" && typeof value === "string") return new Intrinsic("Ref", value);
  if (key === "Fn::Sub" && typeof value === "string") return new Intrinsic("Sub", value);
  if (key === "Fn::GetAtt") return new Intrinsic("GetAtt", Array.isArray(value) ? value.join(".") : value);
  throw new CannotWrite(
    `the overlay: ${key} with ${JSON.stringify(value)} is not known`,
    'write Ref: ID, Fn::Sub: "text with ${ID} or ${ID.Attribute}", or Fn::GetAtt: [ID, Attribute]',
  );
}

/** A name that was there when the overlay was written and is not any more. */
function refuseLooseEnds({ Resources, Parameters = {} }: Template, patched: readonly string[]): void {
  const known = [...Object.keys(Resources), ...Object.keys(Parameters), ...pseudoParameters];
  for (const id of patched) {
    for (const name of referencesOf(Resources[id])) {
      if (!known.includes(name)) throw notThere(`${id} refers to ${name}, which is not there`, name, known);
    }
  }
}
