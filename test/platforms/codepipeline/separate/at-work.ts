/**
 * Generated CodePipelines of sets at work: builds by the commands of their buildspecs, the function as it is written out, records
 * in the emulator's bucket. One run at a time, to its end; whether runs may meet is asked in `../world/`.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { templateOf } from "../../../../src/platforms/codepipeline/write/cloudformation/template.ts";
import type {
  Action,
  EnvironmentVariable,
  Infrastructure,
  LambdaFunction,
  PipelineResource,
  Project,
} from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { isReference, type Text } from "../../../../src/platforms/codepipeline/write/text.ts";
import type { Emulator } from "../../../aws/emulator.ts";
import { type Handler, loadedFunction } from "../write/loaded-function.ts";
import { PipelineRun } from "../write/pipeline-run.ts";
import { type Repository, targetsOf } from "./repositories.ts";

export interface Run {
  readonly id: string;
  readonly codepipeline: string;
  readonly commit: string;
  readonly release: string;
  readonly startedAt: Date;
  readonly executionType: "STANDARD" | "ROLLBACK";
  status: "InProgress" | "Succeeded" | "Failed" | "Stopped";
  reason: string;
  /** Of all its builds. */
  output: string;
  readonly passed: Set<string>;
  /** What the function has told its actions, by namespace. */
  readonly variables: Map<string, Record<string, string>>;
}

export interface Options {
  readonly infrastructure: Infrastructure;
  readonly emulator: Emulator;
  readonly folder: string;
  /** Of the machines. */
  readonly env?: NodeJS.ProcessEnv;
  /** What is there already: names by logical ids. Otherwise the stack is made. */
  readonly there?: ReadonlyMap<string, string>;
  /** Otherwise commits are those that `push` is given. */
  readonly repository?: Repository;
}

const authorizationFor = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

const overConnection = {
  ConnectionArn: "arn:aws:codeconnections:eu-central-1:123456789012:connection/11111111-2222-3333-4444-555555555555",
  Repository: "owner/shop",
};

/** What the stack of the pipelines has made: names by logical ids. */
async function stackOf({
  infrastructure,
  emulator,
  folder,
  repository,
}: Options): Promise<ReadonlyMap<string, string>> {
  const template = join(folder, "template.json");
  writeFileSync(template, JSON.stringify(templateOf(infrastructure).template));
  const parameters = Object.entries(repository?.parameters ?? overConnection);
  await emulator.aws(
    ...["cloudformation", "create-stack", "--stack-name", "pipelines", "--capabilities", "CAPABILITY_IAM"],
    ...["--template-body", `file://${template}`],
    ...["--parameters", ...parameters.map(([key, value]) => `ParameterKey=${key},ParameterValue=${value}`)],
  );
  return await madeBy("pipelines", emulator);
}

/** What a stack has made: names by logical ids. */
export async function madeBy(stack: string, emulator: Emulator): Promise<ReadonlyMap<string, string>> {
  const { StackResourceSummaries } = await emulator.aws<{
    StackResourceSummaries: { LogicalResourceId: string; PhysicalResourceId: string }[];
  }>("cloudformation", "list-stack-resources", "--stack-name", stack);
  return new Map(StackResourceSummaries.map((one) => [one.LogicalResourceId, one.PhysicalResourceId]));
}

export class SetsAtWork {
  readonly runs: Run[] = [];
  /** Subjects of what the topic was told. */
  readonly told: string[] = [];
  /** Buildspecs whose commands have run to their end. */
  readonly built = new Set<string>();
  readonly #options: Options;
  readonly #sources = new Map<string, Readonly<Record<string, string>>>();
  readonly #tokens = new Set<string>();
  readonly #answers = new Map<string, Record<string, string> | Error>();
  readonly #handler: Handler;
  readonly #changes: Handler | undefined;
  readonly #physicalIds: ReadonlyMap<string, string>;
  #newest = "";

  /** Makes the stack of the pipelines. */
  static async of(options: Options): Promise<SetsAtWork> {
    return new SetsAtWork(options, options.there ?? (await stackOf(options)));
  }

  private constructor(options: Options, physicalIds: ReadonlyMap<string, string>) {
    this.#options = options;
    this.#physicalIds = physicalIds;
    this.#handler = this.#functionOf("Releases")!;
    this.#changes = this.#functionOf("Changes");
  }

  /** What the repository tells EventBridge goes to whom the rules that are there want it to go. @returns Names of these. */
  async hear(event: object): Promise<string[]> {
    const targets = await targetsOf(event, this.#options.emulator);
    for (const arn of targets) {
      if (arn.includes(":lambda:")) await this.#changes!(event);
      else await this.start(arn.split(":").at(-1)!);
    }
    return targets.map((arn) => arn.split(":").at(-1)!);
  }

  /** A commit, of which the CodePipelines that build these pipelines hear. */
  async push(commit: string, files: Readonly<Record<string, string>>, heard: readonly string[]): Promise<void> {
    this.#sources.set(commit, files);
    this.#newest = commit;
    for (const name of heard) await this.start(name);
  }

  async start(
    codepipeline: string,
    { commit = this.#options.repository?.newest() ?? this.#newest, release = "newest" } = {},
    executionType: Run["executionType"] = "STANDARD",
  ): Promise<Run> {
    const { pipelineExecutionId } = await this.#codepipeline("StartPipelineExecution", { name: codepipeline });
    const run: Run = {
      id: pipelineExecutionId,
      codepipeline,
      commit,
      release,
      startedAt: new Date(),
      executionType,
      status: "InProgress",
      reason: "",
      output: "",
      passed: new Set(),
      variables: new Map(),
    };
    this.runs.push(run);
    return run;
  }

  /** Until nobody has anything to do; approvals are given. */
  async settle({ except = [] as readonly string[] } = {}): Promise<void> {
    for (;;) {
      await this.#handler({});
      const run = this.runs.find((one) => one.status === "InProgress" && !except.includes(one.codepipeline));
      if (run === undefined) return;
      await this.#carryOut(run);
      await this.#handler({ detail: { pipeline: run.codepipeline } });
    }
  }

  async #carryOut(run: Run): Promise<void> {
    const pipeline = this.#options.infrastructure.resources.find(
      (one): one is PipelineResource => one.kind === "pipeline" && one.name === run.codepipeline,
    )!;
    const work = this.#workOf(run);
    for (const stage of pipeline.stages) {
      for (const action of [...stage.actions].sort((a, b) => a.runOrder - b.runOrder)) {
        if (await this.#perform(run, action, { work, pipeline })) continue;
        run.status = "Failed";
        run.reason ||= `${action.name} failed`;
        if (stage.onFailure) await this.#rollBack(run, stage.name, pipeline);
        return;
      }
      run.passed.add(stage.name);
      if (run.reason !== "") {
        run.status = "Stopped";
        return;
      }
    }
    run.status = "Succeeded";
  }

  /** To the last run that passed the stage, as a run of its own with what that one had been told before. */
  async #rollBack({ codepipeline }: Run, name: string, pipeline: PipelineResource): Promise<void> {
    const target = this.runs.findLast((one) => one.codepipeline === codepipeline && one.passed.has(name));
    if (target === undefined) return;
    const run = await this.start(codepipeline, target, "ROLLBACK");
    for (const [namespace, told] of target.variables) run.variables.set(namespace, told);
    const work = this.#workOf(run);
    for (const action of pipeline.stages.find((stage) => stage.name === name)!.actions) {
      if (!(await this.#perform(run, action, { work, pipeline }))) {
        run.status = "Failed";
        return;
      }
    }
    run.passed.add(name);
    run.status = "Succeeded";
  }

  #workOf(run: Run): PipelineRun {
    const { emulator, folder, env = {}, repository } = this.#options;
    const work = new PipelineRun({
      emulator,
      folder,
      id: run.id,
      commit: run.commit,
      env,
      fillSource: (source) => {
        if (repository) return repository.fill(run.commit, source);
        for (const [path, text] of Object.entries(this.#sources.get(run.commit)!)) {
          mkdirSync(dirname(join(source, path)), { recursive: true });
          writeFileSync(join(source, path), text, { mode: 0o755 });
        }
      },
    });
    for (const [namespace, told] of run.variables) work.tells(namespace, told);
    return work;
  }

  async #perform(
    run: Run,
    action: Action,
    { work, pipeline }: { work: PipelineRun; pipeline: PipelineResource },
  ): Promise<boolean> {
    const { configuration, namespace } = action;
    switch (action.provider) {
      case "CodeStarSourceConnection":
      case "CodeCommit":
      case "S3":
      case "Manual":
        return true;
      case "Lambda": {
        const filled = (configuration.UserParameters as string).replaceAll(/#\{([^}]+)\}/g, (_, name: string) => {
          if (name === "codepipeline.PipelineExecutionId") return run.id;
          if (name.startsWith("SourceVariables.")) return run.commit;
          if (name === "variables.BATON_RELEASE") return run.release;
          const [from, variable] = name.split(".") as [string, string];
          return run.variables.get(from)![variable]!;
        });
        const id = crypto.randomUUID();
        const data = { actionConfiguration: { configuration: { UserParameters: filled } } };
        await this.#handler({ "CodePipeline.job": { id, data } });
        const answer = this.#answers.get(id);
        assert.ok(answer !== undefined, `${action.name} was not answered`);
        if (answer instanceof Error) {
          run.reason = answer.message;
          return false;
        }
        run.variables.set(namespace!, answer);
        work.tells(namespace!, answer);
        return true;
      }
      case "CodeBuild": {
        const project = this.#resource(configuration.ProjectName!) as Project;
        const running = JSON.parse(configuration.EnvironmentVariables as string) as EnvironmentVariable[];
        const buildspec = this.#options.infrastructure.buildspecs.find(({ path }) => path === project.buildspec)!;
        const { status, output } = await work.build({
          namespace: namespace!,
          variables: [...project.variables.map((one) => ({ ...one, value: this.#physical(one.value) })), ...running],
          buildspec: buildspec.text,
          inputs: action.inputs.slice(1),
          outputs: action.outputs,
          parameters: Object.fromEntries(pipeline.variables.map((one) => [one.name, one.default!])),
        });
        run.output += output;
        if (status === 0) this.built.add(buildspec.path);
        else run.reason ||= output;
        return status === 0;
      }
      default:
        assert.fail(`no run here goes through ${action.provider}`);
    }
  }

  #resource(text: Text) {
    const reference = (text as readonly unknown[]).find(isReference);
    assert.ok(reference && "of" in reference);
    return this.#options.infrastructure.resources.find(({ id }) => id === reference.of)!;
  }

  #physical(text: Text, parameters: Readonly<Record<string, string>> = {}): string {
    if (typeof text === "string") return text;
    return text
      .map((part) => {
        if (!isReference(part)) return part;
        const found = "of" in part ? this.#physicalIds.get(part.of) : "parameter" in part && parameters[part.parameter];
        return found || assert.fail(`nothing is known of ${JSON.stringify(part)}`);
      })
      .join("");
  }

  async #codepipeline(operation: string, input: object): Promise<{ pipelineExecutionId: string }> {
    const response = await fetch(this.#options.emulator.endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `CodePipeline_20150709.${operation}`,
        authorization: authorizationFor("codepipeline"),
      },
      body: JSON.stringify(input),
    });
    assert.ok(response.ok, await response.clone().text());
    return response.json() as Promise<{ pipelineExecutionId: string }>;
  }

  #functionOf(id: string): Handler | undefined {
    const { infrastructure, repository } = this.#options;
    const written = infrastructure.resources.find((one): one is LambdaFunction => one.id === id);
    if (written === undefined) return undefined;
    const services = { ...this.#s3(), ...this.#answersOfCodePipeline(), ...this.#sns(), ...repository?.codecommit };
    const parameters = repository?.parameters ?? overConnection;
    const variables = Object.entries(written.variables).map(([name, value]) => [
      name,
      name === "TOPIC" ? "topic" : this.#physical(value, parameters),
    ]);
    return loadedFunction(written.source, {
      env: Object.fromEntries(variables) as Record<string, string>,
      answer: (command, input) => (services as Record<string, (input: never) => unknown>)[command]!(input),
    });
  }

  #s3() {
    const address = (bucket: string, key = "") =>
      `${this.#options.emulator.endpoint}/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
    const authorization = authorizationFor("s3");
    const named = (name: string) => Object.assign(new Error(name), { name });
    return {
      async GetObject({ Bucket, Key }: { Bucket: string; Key: string }) {
        const response = await fetch(address(Bucket, Key), { headers: { authorization } });
        if (response.status === 404) throw named("NoSuchKey");
        assert.ok(response.ok, await response.clone().text());
        const text = await response.text();
        return { Body: { transformToString: () => text } };
      },
      async PutObject({ Bucket, Key, Body, IfNoneMatch }: Record<"Bucket" | "Key" | "Body" | "IfNoneMatch", string>) {
        const headers = { authorization, ...(IfNoneMatch && { "if-none-match": IfNoneMatch }) };
        const response = await fetch(address(Bucket, Key), { method: "PUT", body: Body, headers });
        if (response.status === 412) throw named("PreconditionFailed");
        assert.ok(response.ok, await response.clone().text());
        return {};
      },
      async HeadObject({ Bucket, Key }: { Bucket: string; Key: string }) {
        const response = await fetch(address(Bucket, Key), { method: "HEAD", headers: { authorization } });
        if (response.status === 404) throw named("NotFound");
        assert.ok(response.ok);
        return {};
      },
      async DeleteObjectTagging({ Bucket, Key }: { Bucket: string; Key: string }) {
        const response = await fetch(`${address(Bucket, Key)}?tagging`, {
          method: "DELETE",
          headers: { authorization },
        });
        if (response.status === 404) throw named("NoSuchKey");
        assert.ok(response.ok, await response.clone().text());
        return {};
      },
      async ListObjectsV2({ Bucket, Prefix }: { Bucket: string; Prefix: string }) {
        const query = new URLSearchParams({ "list-type": "2", prefix: Prefix });
        const response = await fetch(`${address(Bucket)}?${query}`, { headers: { authorization } });
        const text = await response.text();
        assert.ok(response.ok, text);
        return { Contents: [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, Key]) => ({ Key })) };
      },
    };
  }

  #answersOfCodePipeline() {
    const find = (run: string) => this.runs.find(({ id }) => id === run)!;
    return {
      ListPipelineExecutions: ({ pipelineName }: { pipelineName: string }) => ({
        pipelineExecutionSummaries: this.runs
          .filter(({ codepipeline }) => codepipeline === pipelineName)
          .map(({ id, status, commit, startedAt, executionType }) => ({
            pipelineExecutionId: id,
            executionType,
            status,
            startTime: startedAt,
            sourceRevisions: [{ actionName: "repository", revisionId: commit }],
          }))
          .reverse(),
      }),
      StartPipelineExecution: async (asked: {
        name: string;
        clientRequestToken: string;
        sourceRevisions?: { revisionValue: string }[];
        variables?: { value: string }[];
      }) => {
        if (this.#tokens.has(asked.clientRequestToken)) return;
        this.#tokens.add(asked.clientRequestToken);
        const release = asked.variables?.[0]?.value;
        const commit = asked.sourceRevisions?.[0]?.revisionValue;
        await this.start(asked.name, {
          ...(commit !== undefined && { commit }),
          ...(release !== undefined && { release }),
        });
      },
      StopPipelineExecution: ({ pipelineExecutionId, reason }: { pipelineExecutionId: string; reason: string }) => {
        find(pipelineExecutionId).reason = reason;
      },
      // Runs here go one after the other, so nobody waits.
      GetPipelineState: () => ({ stageStates: [] }),
      PutJobSuccessResult: ({ jobId, outputVariables }: { jobId: string; outputVariables: Record<string, string> }) => {
        this.#answers.set(jobId, outputVariables);
      },
      PutJobFailureResult: ({ jobId, failureDetails }: { jobId: string; failureDetails: { message: string } }) => {
        this.#answers.set(jobId, new Error(failureDetails.message));
      },
    };
  }

  #sns() {
    return { Publish: ({ Subject }: { Subject: string }) => void this.told.push(Subject) };
  }
}
