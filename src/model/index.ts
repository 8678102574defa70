/** What a definition imports: `import { delivery, env, pipeline, sh } from "baton-cd"`. */
export type {
  ArtifactHandle,
  ArtifactUseInput,
  ConditionInput,
  JobInput,
  OutputHandle,
  OutputInput,
  ParameterHandle,
  ParameterInput,
  Scalar,
  StepInput,
  ValueInput,
} from "./authored.ts";
export { type DeliveryInput, delivery } from "./define-delivery.ts";
export type { Delivery } from "./delivery.ts";
export type { Duration } from "./duration.ts";
export { type EnvironmentHandle, type EnvironmentInput, env } from "./environment.ts";
export { parameter } from "./parameter.ts";
export { type PipelineHandle, type PipelineInput, pipeline } from "./pipeline.ts";
export { DefinitionError, type Refusal } from "./refusal.ts";
export { type StepOptions, sh } from "./sh.ts";
export { context, matrix, output, secret, text, variable } from "./values.ts";
export { when } from "./when.ts";
