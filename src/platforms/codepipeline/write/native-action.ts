/** Jobs that CodePipeline does itself, as its actions. */

import type { Action } from "./infrastructure.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { nativeStack } from "./native.ts";
import { stackRoleArn } from "./native-place.ts";
import { nativeUpload } from "./native-upload.ts";

/** Whether no machine is needed. */
export const isNative = (place: JobPlace, register: Register): boolean =>
  nativeStack(place, register) !== undefined || nativeUpload(place, register) !== undefined;

export function nativeAction(place: JobPlace, register: Register): Omit<Action, "name" | "runOrder"> | undefined {
  return stackAction(place, register) ?? uploadAction(place, register);
}

function stackAction(place: JobPlace, register: Register): Omit<Action, "name" | "runOrder"> | undefined {
  const stack = nativeStack(place, register);
  if (stack === undefined) return undefined;
  return {
    category: "Deploy",
    provider: "CloudFormation",
    configuration: {
      ActionMode: "CREATE_UPDATE",
      StackName: stack.stack,
      TemplatePath: `${stack.artifact}::${stack.template}`,
      RoleArn: stackRoleArn(place, register),
      ...(stack.capabilities.length > 0 && { Capabilities: stack.capabilities.join(",") }),
      ...(Object.keys(stack.parameters).length > 0 && { ParameterOverrides: JSON.stringify(stack.parameters) }),
    },
    namespace: register.namespace(place),
    inputs: [stack.artifact],
    outputs: [],
  };
}

function uploadAction(place: JobPlace, register: Register): Omit<Action, "name" | "runOrder"> | undefined {
  const upload = nativeUpload(place, register);
  if (upload === undefined) return undefined;
  return {
    category: "Deploy",
    provider: "S3",
    configuration: {
      BucketName: upload.bucket,
      Extract: "true",
      ...(upload.prefix !== undefined && { ObjectKey: upload.prefix }),
      ...(upload.cacheControl !== undefined && { CacheControl: upload.cacheControl }),
    },
    inputs: [register.artifact(upload.from)],
    outputs: [],
  };
}
