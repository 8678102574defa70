/** What the role of a job may do: what its steps are seen to need, and what the team adds where that cannot be seen. */

import type { Step, Value } from "../../../model/delivery.ts";
import { promisedOutputs } from "../../../model/job-values.ts";
import type { Statement } from "./infrastructure.ts";
import { type JobPlace, outputScope, prefixOf, readersOf, referenceOf } from "./job-place.ts";
import { JobValues } from "./job-values.ts";
import { knownText, producerOf } from "./known-values.ts";
import { Names, outputPath, pascal, secretName } from "./names.ts";
import { deploysSet } from "./separate/handed.ts";
import { needsNoRights } from "./step-commands.ts";
import { scopeOf } from "./targets.ts";
import { arnIn, localArn, partition, type Text, text } from "./text.ts";

export interface Permissions {
  /** For what goes from job to job: outputs and secrets, which are kept where the pipelines are. */
  readonly handOver: readonly Statement[];
  /** For what the job is there for, in the environment's account and region. */
  readonly statements: readonly Statement[];
  /** Steps whose needs nobody has told; their role takes a policy of the team. */
  readonly untold: readonly string[];
}

export function permissionsOf(place: JobPlace, runs: "on a machine" | "as a stack" | "as an upload"): Permissions {
  const declared = declaredStatements(place);
  // What a stack is given and gives goes through the pipeline.
  const handedOver = runs === "on a machine" ? handOverStatements(place) : [];
  // As a stack CodePipeline itself has these, by its own role.
  const stacks = runs === "on a machine" ? place.job.steps.flatMap((step) => stackStatements(step, place)) : [];
  const names = new Names();
  const seen = place.job.steps.map((step) => ({
    step,
    statements: runs === "as an upload" ? uploadStatements(step, place) : seenStatements(step, place),
  }));
  const named = (statements: readonly Statement[], whose: string) =>
    statements.map((statement, index) => ({ ...statement, sid: names.of(`${whose}${index}`, statement.sid) }));
  return {
    handOver: named(handedOver, "hand-over"),
    statements: named([...seen.flatMap(({ statements }) => statements ?? []), ...stacks, ...(declared ?? [])], "own"),
    // To declare none says that it needs no more than is seen.
    untold:
      declared !== undefined
        ? []
        : seen.flatMap(({ step, statements }) => (statements === undefined ? [step.name] : [])),
  };
}

function declaredStatements(place: JobPlace): Statement[] | undefined {
  const { permissions } = place.options.settings;
  const reference = referenceOf(place);
  const declared = Object.hasOwn(permissions, reference) ? permissions[reference]! : undefined;
  return declared?.map(({ actions, resources, conditions }) => ({
    sid: pascal(actions[0]!.split(":")[0]!),
    actions,
    resources: resources.map((resource) => filled(resource, place)),
    ...(conditions && { condition: filledConditions(conditions, place) }),
  }));
}

function filledConditions(
  conditions: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>,
  place: JobPlace,
): NonNullable<Statement["condition"]> {
  const values = (one: string | readonly string[]) =>
    typeof one === "string" ? filled(one, place) : one.map((each) => filled(each, place));
  return Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, one]) => [key, values(one)])),
    ]),
  );
}

/** Fills `${environment}`, `${partition}`, and the environment's `${region}` and `${account}` in. */
function filled(resource: string, place: JobPlace): Text {
  const pieces = resource.split(/\$\{(environment|partition|region|account)\}/);
  const known = { partition: [partition], ...scopeOf(place) };
  return pieces.reduce<Text>((whole, piece, index) => {
    if (index % 2 === 0) return text`${whole}${piece}`;
    if (piece === "environment") return text`${whole}${place.environment?.name ?? "release"}`;
    return text`${whole}${known[piece as keyof typeof known]}`;
  }, "");
}

function handOverStatements(place: JobPlace): Statement[] {
  const prefix = prefixOf(place);
  const environment = place.environment?.name;
  const values = new JobValues(place);
  const read: Text[] = [];
  const secrets: Text[] = [];
  for (const hole of values.holes) {
    if ("output" in hole) {
      const producer = producerOf(place, hole.output);
      const folder = outputPath({
        prefix,
        environment: outputScope(producer),
        pipeline: producer.pipeline.name,
        output: producer.output,
      });
      read.push(localArn("ssm", `parameter${folder}/*`));
    }
    // Secrets Manager adds six letters to the name.
    if ("secret" in hole) {
      secrets.push(
        localArn("secretsmanager", `secret:${secretName({ prefix, environment, secret: hole.secret })}-??????`),
      );
    }
  }
  const own = Object.keys(promisedOutputs(place.pipeline, place.name));
  const folders = own.map((output) =>
    outputPath({ prefix, environment: outputScope(place), pipeline: place.pipeline.name, output }),
  );
  const newest = own.flatMap((output) => {
    if (place.line.runsFor === "pull requests") return [];
    const name = place.pipeline.outputs[output]!.parameter;
    return name === undefined ? [] : [name.replaceAll("{environment}", environment ?? "").replace(/^\/?/, "/")];
  });
  const statements: Statement[] = [];
  if (read.length > 0) {
    // CodeBuild asks for several at a time, a command of ours for one.
    const actions = [deploysSet(place) ? "ssm:GetParameter" : "ssm:GetParameters"];
    statements.push({ sid: "ReadOutputs", actions, resources: read });
  }
  if (secrets.length > 0)
    statements.push({ sid: "ReadSecrets", actions: ["secretsmanager:GetSecretValue"], resources: secrets });
  if (own.length > 0) {
    statements.push({
      sid: "PublishOutputs",
      actions: ["ssm:PutParameter"],
      resources: [...folders.map((folder) => `${folder}/*`), ...newest].map((name) =>
        localArn("ssm", `parameter${name}`),
      ),
    });
    statements.push({
      sid: "ClearOldOutputs",
      actions: ["ssm:GetParametersByPath", "ssm:DeleteParameters"],
      resources: folders.flatMap((folder) => [
        localArn("ssm", `parameter${folder}`),
        localArn("ssm", `parameter${folder}/*`),
      ]),
    });
    const readers = readersOf(place);
    if (readers.length > 0) {
      statements.push({
        sid: "SeeWhatMayBeDeployed",
        actions: ["codepipeline:GetPipeline", "codepipeline:ListPipelineExecutions"],
        resources: readers.map((name) => localArn("codepipeline", name)),
      });
    }
  }
  return statements;
}

/** To deploy a stack; what the template makes has to be told beside it. */
function stackStatements({ action }: Step, place: JobPlace): Statement[] {
  if (action?.kind !== "cloudformation.deploy") return [];
  const stack = knownText(action.inputs.stack, place);
  if (stack === undefined) return [];
  const actions = [
    "CreateChangeSet",
    "DescribeChangeSet",
    "ExecuteChangeSet",
    "DeleteChangeSet",
    "DescribeStacks",
    "DescribeStackEvents",
    "GetTemplateSummary",
  ];
  return [
    {
      sid: "DeployStack",
      actions: actions.map((one) => `cloudformation:${one}`),
      resources: [arnIn(scopeOf(place), "cloudformation", `stack/${stack}/*`)],
    },
  ];
}

/** What CodePipeline needs for an upload: it looks at nothing that is there. Nothing is seen of a bucket that a run names. */
function uploadStatements({ action }: Step, place: JobPlace): Statement[] {
  const bucket = knownText(action!.inputs.bucket, place);
  const { prefix: asked } = action!.inputs;
  const prefix = asked === undefined ? "" : knownText(asked, place);
  if (bucket === undefined || prefix === undefined) return [];
  const objects = prefix === "" ? "*" : `${prefix}/*`;
  return [
    {
      sid: "Upload",
      actions: ["s3:PutObject", "s3:AbortMultipartUpload"],
      resources: [text`arn:${partition}:s3:::${bucket}/${objects}`],
    },
  ];
}

/** What a step is seen to need; undefined when it changes something that its inputs do not name. */
function seenStatements(step: Step, place: JobPlace): Statement[] | undefined {
  const inputs = step.action?.inputs ?? {};
  const known = (name: string) => knownText(inputs[name], place);
  const scope = scopeOf(place);
  switch (step.action?.kind) {
    case "s3.sync": {
      const bucket = known("bucket");
      const prefix = "prefix" in inputs ? known("prefix") : "";
      if (bucket === undefined || prefix === undefined) return undefined;
      const objects = prefix === "" ? "*" : `${prefix}/*`;
      return [
        { sid: "ListFiles", actions: ["s3:ListBucket"], resources: [text`arn:${partition}:s3:::${bucket}`] },
        {
          sid: "ReplaceFiles",
          actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
          resources: [text`arn:${partition}:s3:::${bucket}/${objects}`],
        },
      ];
    }
    case "cloudfront.invalidate": {
      const distribution = known("distribution");
      if (distribution === undefined) return undefined;
      const resource = text`arn:${partition}:cloudfront::${scope.account}:distribution/${distribution}`;
      return [{ sid: "Invalidate", actions: ["cloudfront:CreateInvalidation"], resources: [resource] }];
    }
    case "lambda.update": {
      const name = known("function");
      if (name === undefined) return undefined;
      const arn = arnIn(scope, "lambda", `function:${name}`);
      const actions = [
        "UpdateFunctionCode",
        "GetFunction",
        "GetFunctionConfiguration",
        "PublishVersion",
        "UpdateAlias",
      ];
      return [
        {
          sid: "UpdateFunction",
          actions: actions.map((action) => `lambda:${action}`),
          resources: [arn, text`${arn}:*`],
        },
      ];
    }
    case "lambda.blue-green":
      return blueGreenStatements(inputs, place);
    case "parameter-store.put": {
      const names = Object.keys(inputs).map((name) => arnIn(scope, "ssm", `parameter/${name.replace(/^\//, "")}`));
      return [{ sid: "PutParameters", actions: ["ssm:PutParameter"], resources: names }];
    }
    case "parameter-store.publish": {
      const names = Object.values(inputs).map((value) => knownText(value, place));
      if (names.includes(undefined)) return undefined;
      const resources = names.map((name) => arnIn(scope, "ssm", `parameter/${name!.replace(/^\//, "")}`));
      return [{ sid: "GetParameters", actions: ["ssm:GetParameter"], resources }];
    }
    case "terraform.plan":
    case "terraform.apply":
    case "terraform.destroy":
    case "cloudformation.deploy":
    case "cdk.deploy":
      return undefined;
    default:
      return needsNoRights(step, place.job.deploys ? "deploys" : "deploys nothing") ? [] : undefined;
  }
}

/** Undefined where its function is an output. */
function blueGreenStatements(inputs: Readonly<Record<string, Value>>, place: JobPlace): Statement[] | undefined {
  const name = knownText(inputs.function, place);
  if (name === undefined) return undefined;
  const scope = scopeOf(place);
  const arn = arnIn(scope, "lambda", `function:${name}`);
  const actions = ["UpdateFunctionCode", "GetFunctionConfiguration", "ListVersionsByFunction", "PublishVersion"];
  const onAliases = ["ListAliases", "CreateAlias", "UpdateAlias"];
  const onCheck = "check" in inputs ? ["InvokeFunction"] : [];
  return [
    {
      sid: "ShiftCalls",
      actions: [...actions, ...onAliases, ...onCheck].map((action) => `lambda:${action}`),
      resources: [arn, text`${arn}:*`],
    },
    { sid: "CompareLayers", actions: ["lambda:GetLayerVersion"], resources: [arnIn(scope, "lambda", "layer:*")] },
    // One request asks for several alarms, and IAM looks at the right to ask for any.
    ...("alarms.1" in inputs
      ? [
          {
            sid: "WatchAlarms",
            actions: ["cloudwatch:DescribeAlarms"],
            resources: [arnIn(scope, "cloudwatch", "alarm:*")],
          },
        ]
      : []),
  ];
}
