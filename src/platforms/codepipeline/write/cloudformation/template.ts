/** The document as a CloudFormation template: plain data with intrinsic functions in it. */

import type { Infrastructure, ParameterSpec } from "../infrastructure.ts";
import { Intrinsic, References } from "./intrinsic.ts";
import { resourceOf, type TemplateResource } from "./resources.ts";

export interface Template {
  readonly AWSTemplateFormatVersion: "2010-09-09";
  readonly Description: string;
  readonly Parameters?: Readonly<Record<string, object>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, object>>;
}

export interface CommentedTemplate {
  readonly template: Template;
  /** Lines above a resource, by its logical id. */
  readonly comments: ReadonlyMap<string, readonly string[]>;
}

export function templateOf(infrastructure: Infrastructure): CommentedTemplate {
  const references = new References(infrastructure);
  const comments = new Map<string, readonly string[]>();
  const resources: Record<string, TemplateResource> = {};
  for (const resource of infrastructure.resources) {
    if (resource.comment.length > 0) comments.set(resource.id, resource.comment);
    Object.assign(resources, resourceOf(resource, { references, tags: infrastructure.tags }));
  }
  const template: Template = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: infrastructure.description,
    ...(infrastructure.parameters.length > 0 && {
      Parameters: Object.fromEntries(infrastructure.parameters.map((one) => [one.id, parameterOf(one)])),
    }),
    ...(infrastructure.resources.some(({ kind }) => kind === "topic") && { Conditions: conditions }),
    Resources: resources,
    ...(infrastructure.outputs.length > 0 && {
      Outputs: Object.fromEntries(
        infrastructure.outputs.map(({ id, description, value }) => [
          id,
          { Description: description, Value: references.value(value) },
        ]),
      ),
    }),
  };
  return { template, comments };
}

/** Nobody is told by e-mail where no address is given. */
const conditions = {
  TellByEmail: new Intrinsic("Not", [new Intrinsic("Equals", [new Intrinsic("Ref", "NotificationEmail"), ""])]),
};

function parameterOf({ description, pattern, patternMeaning, default: value }: ParameterSpec): object {
  return {
    Type: "String",
    Description: description,
    ...(value !== undefined && { Default: value }),
    ...(pattern !== undefined && { AllowedPattern: pattern }),
    ...(patternMeaning !== undefined && { ConstraintDescription: `must be ${patternMeaning}` }),
  };
}
