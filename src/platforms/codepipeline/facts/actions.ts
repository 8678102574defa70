/** An action of a pipeline as facts: when it runs, what it takes and leaves, and what it does to the world. */

import type { Access, Key } from "../../../facts/access.ts";
import type { JobFacts } from "../../../facts/facts.ts";
import type { ActionFacts, ActionKind, ChangeSet } from "../../../facts/stages.ts";
import { literal, type Written } from "../../../facts/written.ts";
import { resourceAccess } from "../../../shell/rows.ts";
import type { Action, CodePipeline, PipelineFiles } from "../pipeline.ts";
import { buildFacts, noBuild } from "./builds.ts";
import { environmentKindOf } from "./environments.ts";
import { misspeltIn, providerOf } from "./misspelt.ts";
import { runVariable, withRunValues } from "./run-values.ts";
import { type StackFacts, stackFacts } from "./stack-template.ts";
import { plainJob, plainStep } from "./stage-jobs.ts";

export interface ActionPlace {
  readonly pipeline: CodePipeline;
  readonly files: PipelineFiles;
  readonly stage: number;
  readonly stageLabel: string;
  /** Position in its stage. */
  readonly position: number;
}

/** The action, with what it starts elsewhere. */
export interface ReadAction {
  readonly facts: ActionFacts;
  readonly startedPipelines: readonly Written[];
}

const noStack: StackFacts = { imports: [], exports: [], made: [] };

export function actionFacts(action: Action, { pipeline, files, stage, stageLabel, position }: ActionPlace): ReadAction {
  const category = categoryOf(literal(action.category));
  const provider = providerOf(action);
  const setting = (name: string) => action.configuration.find((each) => each.name === name)?.value;
  const label = literal(action.name) ?? `action ${stage}`;
  const runOrder = action.runOrder ? Number(literal(action.runOrder)) : 1;
  const isBuild = provider === "CodeBuild" || provider === "Commands";
  const template = provider === "CloudFormation" ? artifactPath(setting("TemplatePath")) : undefined;
  const path = literal(template?.path);
  const document = path === undefined ? undefined : files.template(path);
  const stack = document ? stackFacts(document, template!.path.at) : noStack;
  const deploying = native(provider, action);
  const invoked = provider === "Lambda" && category === "invoke" ? setting("FunctionName") : undefined;
  const invalidates = invoked && /invalidat/i.test(`${label} ${textOf(invoked.key)}`);
  const fromSource = sourceArtifacts(pipeline);
  const isOfSource = (artifact: Written | undefined) => fromSource.has(literal(artifact) ?? "");
  const primary = (action.inputs.length > 1 && setting("PrimarySource")) || action.inputs[0];
  const build = isBuild ? buildFacts(action, { pipeline, files, isSource: isOfSource(primary) }) : noBuild;
  const accesses = [
    ...deploying,
    ...(makesStack(setting, provider) ? stack.made : []),
    ...build.accesses,
    ...(invalidates ? [invalidation(invoked)] : []),
  ];
  const facts: ActionFacts = {
    ...plainJob({
      id: `${pipeline.id}/${stage}/${position}`,
      pipeline,
      path: [stageLabel, label],
      at: action.at,
      keyAt: action.name?.at ?? action.at,
      kind: category === "approval" || category === "source" ? category : "work",
      caller: `${pipeline.id}/${stage}`,
      steps: stepsOf({ action, provider, accesses, phases: build.phases }),
    }),
    stage,
    stageLabel,
    category,
    provider,
    runOrder: Number.isFinite(runOrder) ? runOrder : undefined,
    runOrderAt: action.runOrder?.at,
    inputs: action.inputs,
    outputs: action.outputs,
    namedArtifacts: namedArtifacts(action, setting, template?.artifact),
    reads: namespacesRead(action),
    namespace: action.namespace,
    account: action.role?.key ?? [],
    region: action.region?.key ?? [],
    accesses,
    phases: build.phases,
    changeSet: provider === "CloudFormation" ? changeSetOf(setting) : undefined,
    imports: stack.imports,
    exports: stack.exports,
    paths: [...(template && isOfSource(template.artifact) ? [template.path] : []), ...build.folders],
    misspelt: misspeltIn(action),
    token: provider === "GitHub" && literal(action.owner) === "ThirdParty" ? tokenOf(action) : undefined,
    opaque: build.opaque || category === "invoke",
    environmentKind: environmentKindOf(stageLabel) ?? environmentKindOf(label),
  };
  const invokedPipeline = provider === "CodePipeline" ? setting("PipelineName") : undefined;
  return {
    facts,
    startedPipelines: [...(invokedPipeline ? [invokedPipeline] : []), ...build.started],
  };
}

/** Artifacts that hold the source as it is in the repository. */
function sourceArtifacts({ stages }: CodePipeline): ReadonlySet<string> {
  const sources = stages.flatMap(({ actions }) => actions).filter((each) => literal(each.category) === "Source");
  return new Set(sources.flatMap(({ outputs }) => outputs.flatMap((output) => literal(output) ?? [])));
}

const kinds: readonly ActionKind[] = ["source", "build", "test", "deploy", "invoke", "approval", "compute"];

function categoryOf(category: string | undefined): ActionKind | undefined {
  return kinds.find((kind) => kind === category?.toLowerCase());
}

interface Doing {
  readonly action: Action;
  readonly provider: string | undefined;
  readonly accesses: readonly Access[];
  readonly phases: ActionFacts["phases"];
}

/** Its phases, the first of which also does what is done before; one step where the service does it all itself. */
function stepsOf({ action, provider, accesses, phases }: Doing): JobFacts["steps"] {
  const [first, ...others] = phases;
  if (first) {
    const later = new Set(others.flatMap((phase) => phase.accesses));
    return [{ ...first, accesses: accesses.filter((access) => !later.has(access)) }, ...others];
  }
  const shell = { stopsAtErrors: true, failsInPipes: true };
  const name = { label: provider ?? "", action: provider?.toLowerCase() };
  return [plainStep({ ...name, index: 0, at: action.at, kind: "action", text: "", shell, accesses })];
}

type Settings = (name: string) => Written | undefined;

/** Actions that deploy by themselves, without commands. */
function native(provider: string | undefined, action: Action): Access[] {
  if (literal(action.category) !== "Deploy") return [];
  const setting = (name: string) => action.configuration.find((each) => each.name === name)?.value;
  const deploy = (resource: "stack" | "bucket" | "function" | "service", name: Written | undefined, tool: string) =>
    name
      ? [resourceAccess({ tool, resource, key: withRunValues(name.key), mode: "write", effect: "deploy", at: name.at })]
      : [];
  switch (provider) {
    case "CloudFormation": {
      const mode = literal(setting("ActionMode"));
      if (mode === "CHANGE_SET_REPLACE" || mode === undefined) return [];
      const stack = setting("StackName");
      if (mode !== "DELETE_ONLY") return deploy("stack", stack, "CloudFormation");
      const removal = { tool: "CloudFormation", resource: "stack", mode: "replace", effect: "destroy" } as const;
      return stack ? [resourceAccess({ ...removal, key: withRunValues(stack.key), at: stack.at })] : [];
    }
    case "S3": {
      const path = setting("ObjectKey");
      return deploy("bucket", path ? pair(setting("BucketName"), path) : setting("BucketName"), "S3 deploy");
    }
    case "Lambda":
      return deploy("function", setting("FunctionName"), "Lambda deploy");
    case "CodeDeploy":
      return deploy("service", pair(setting("ApplicationName"), setting("DeploymentGroupName")), "CodeDeploy");
    case "CodeDeployToECS":
      return deploy("service", pair(setting("ApplicationName"), setting("DeploymentGroupName")), "CodeDeploy");
    case "ECS":
      return deploy("service", pair(setting("ClusterName"), setting("ServiceName")), "ECS");
    case "ElasticBeanstalk":
      return deploy("service", pair(setting("ApplicationName"), setting("EnvironmentName")), "Elastic Beanstalk");
    default:
      return [];
  }
}

function pair(first: Written | undefined, second: Written | undefined): Written | undefined {
  if (!first || !second) return undefined;
  return { key: [...first.key, { kind: "text", text: "/" }, ...second.key], at: second.at };
}

function makesStack(setting: Settings, provider: string | undefined): boolean {
  const mode = literal(setting("ActionMode"));
  return provider === "CloudFormation" && mode !== "DELETE_ONLY" && mode !== "CHANGE_SET_REPLACE";
}

function changeSetOf(setting: Settings): ChangeSet | undefined {
  const mode = literal(setting("ActionMode"));
  const [stack, name] = [setting("StackName"), setting("ChangeSetName")];
  if (!stack || !name) return undefined;
  if (mode === "CHANGE_SET_REPLACE") return { does: "make", stack, name };
  return mode === "CHANGE_SET_EXECUTE" ? { does: "execute", stack, name } : undefined;
}

function invalidation(invoked: Written): Access {
  const doing = { tool: "invalidation", resource: "distribution", mode: "write", effect: "deploy" } as const;
  return resourceAccess({ ...doing, key: [], at: invoked.at });
}

/** `Artifact::path/in/it`. */
function artifactPath(written: Written | undefined): { artifact: Written; path: Written } | undefined {
  const text = literal(written);
  const at = text?.indexOf("::") ?? -1;
  if (!written || text === undefined || at <= 0) return undefined;
  const piece = (part: string): Written => ({ key: [{ kind: "text", text: part }], at: written.at });
  return { artifact: piece(text.slice(0, at)), path: piece(text.slice(at + 2)) };
}

function namedArtifacts(action: Action, setting: Settings, template: Written | undefined): Written[] {
  const provider = literal(action.provider);
  // CodeBuild asks which of its artifacts is the primary one only where it has several.
  if (provider === "CodeBuild" && action.inputs.length < 2) return [];
  if (provider === "CodeBuild") return [setting("PrimarySource")].filter((each) => each !== undefined);
  const configuration = provider === "CloudFormation" ? artifactPath(setting("TemplateConfiguration")) : undefined;
  return [template, configuration?.artifact].filter((each) => each !== undefined);
}

/** `#{Namespace.Name}` in its settings. */
function namespacesRead({ configuration, commands }: Action): Written[] {
  return [...configuration.map(({ value }) => value), ...commands].flatMap(({ key, at }) =>
    [...textOf(key).matchAll(runVariable)].map((match) => ({
      key: [{ kind: "text", text: match[1]! } as const],
      at,
    })),
  );
}

function textOf(key: Key): string {
  return key.map((part) => (part.kind === "text" ? part.text : "…")).join("");
}

function tokenOf(action: Action): Written {
  const token = action.configuration.find(({ name }) => name === "OAuthToken");
  return token ? { key: token.value.key, at: token.nameAt } : { key: [], at: action.provider!.at };
}
