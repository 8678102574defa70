/**
 * CodePipeline as far as one run of each pipeline needs it, done here: sources, builds by the commands of their buildspecs,
 * stacks, calls of functions, artifacts and variables handed from action to action, conditions on entry.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import type {
  Action,
  EnvironmentVariable,
  Infrastructure,
  PipelineResource,
  Project,
  ProjectVariable,
} from "../../../src/platforms/codepipeline/write/infrastructure.ts";
import type { Emulator } from "../../aws/emulator.ts";
import type { HandOverFunction } from "../../platforms/codepipeline/hand-over/function.ts";

interface Buildspec {
  env: { shell: string; "exported-variables"?: string[] };
  phases: Record<"install" | "build", { commands: string[] } | undefined>;
  artifacts?: { "base-directory": string };
}

interface Run {
  readonly pipeline: PipelineResource;
  readonly variables: Map<string, string>;
  /** Folder of each artifact. */
  readonly artifacts: Map<string, string>;
}

export interface ServiceOptions {
  readonly infrastructure: Infrastructure;
  readonly emulator: Emulator;
  readonly handOver: HandOverFunction;
  readonly folder: string;
  /** Search path of the build machines. */
  readonly path: string;
}

export class Service {
  /** Buildspecs whose commands have run, all of them. */
  readonly built = new Set<string>();
  readonly #options: ServiceOptions;
  #commit = "";
  #source = "";

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** What the next runs take as their source. */
  async push(commit: string, files: Readonly<Record<string, string>>): Promise<void> {
    const { emulator, folder } = this.#options;
    this.#commit = commit;
    this.#source = join(folder, commit);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#source, path)), { recursive: true });
      writeFileSync(join(this.#source, path), text);
    }
    const zipped = spawnSync("zip", ["-qr", `${this.#source}.zip`, "."], { cwd: this.#source, encoding: "utf8" });
    assert.equal(zipped.status, 0, zipped.stderr);
    await emulator.aws(
      ...["s3api", "put-object", "--bucket", "sources", "--key", commit, "--body", `${this.#source}.zip`],
    );
  }

  /** Runs a pipeline up to the stage of an environment; whether it was let in there. */
  async start(name: string, environment: string): Promise<boolean> {
    const { infrastructure, emulator } = this.#options;
    const pipeline = infrastructure.resources.find(
      (one): one is PipelineResource => one.kind === "pipeline" && one.name === name,
    )!;
    const { pipelineExecutionId: id } = await emulator.aws<{ pipelineExecutionId: string }>(
      ...["codepipeline", "start-pipeline-execution", "--name", name],
    );
    const run: Run = { pipeline, variables: new Map([["codepipeline.PipelineExecutionId", id]]), artifacts: new Map() };
    for (const one of pipeline.variables) run.variables.set(`variables.${one.name}`, one.default!);
    let entered = false;
    for (const stage of pipeline.stages) {
      entered = stage.entry === undefined || this.#filled(run, stage.entry.variable) === stage.entry.equals;
      if (entered) {
        const inOrder = [...stage.actions].sort((a, b) => a.runOrder - b.runOrder);
        for (const action of inOrder) await this.#perform(run, action);
      }
      if (stage.name === environment) break;
    }
    const body = JSON.stringify({ pipeline: name, run: id, stages: {}, status: "Succeeded" });
    await fetch(`${emulator.endpoint}/emulator/run`, { method: "POST", body });
    return entered;
  }

  async #perform(run: Run, action: Action): Promise<void> {
    switch (action.provider) {
      case "CodeStarSourceConnection":
        run.variables.set("SourceVariables.CommitId", this.#commit);
        run.artifacts.set(action.outputs[0]!, this.#source);
        return;
      case "Lambda":
        return this.#call(run, action);
      case "CloudFormation":
        return this.#deploy(run, action);
      case "CodeBuild":
        return this.#build(run, action);
      default:
        assert.fail(`no run here goes through ${action.provider}`);
    }
  }

  async #call(run: Run, { configuration, namespace }: Action): Promise<void> {
    const UserParameters = this.#filled(run, configuration.UserParameters as string);
    const data = {
      actionConfiguration: { configuration: { UserParameters } },
      inputArtifacts: [{ location: { s3Location: { bucketName: "sources", objectKey: this.#commit } } }],
    };
    const { result } = await this.#options.handOver.ask<{ result: Record<string, string> | null }>({
      event: { "CodePipeline.job": { id: crypto.randomUUID(), data } },
    });
    assert.ok(result && !("failed" in result), JSON.stringify(result));
    for (const [name, value] of Object.entries(result)) run.variables.set(`${namespace}.${name}`, value);
  }

  async #deploy(run: Run, { configuration, namespace }: Action): Promise<void> {
    const { aws } = this.#options.emulator;
    const stack = configuration.StackName as string;
    const [artifact, file] = (configuration.TemplatePath as string).split("::") as [string, string];
    const overrides = JSON.parse((configuration.ParameterOverrides as string | undefined) ?? "{}") as object;
    const parameters = Object.entries(overrides).map(
      ([key, value]) => `ParameterKey=${key},ParameterValue=${this.#filled(run, String(value))}`,
    );
    await aws(
      ...["cloudformation", "create-stack", "--stack-name", stack, "--capabilities", "CAPABILITY_IAM"],
      ...["--template-body", `file://${join(run.artifacts.get(artifact)!, file)}`, "--parameters", ...parameters],
    );
    const { Stacks } = await aws<{ Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[] }>(
      ...["cloudformation", "describe-stacks", "--stack-name", stack],
    );
    for (const { OutputKey, OutputValue } of Stacks[0]!.Outputs)
      run.variables.set(`${namespace}.${OutputKey}`, OutputValue);
  }

  /** A fresh source, inputs beside it, one shell for all commands of a phase. */
  async #build(run: Run, action: Action): Promise<void> {
    const { infrastructure, emulator, folder, path } = this.#options;
    const [reference] = action.configuration.ProjectName as unknown as [{ of: string }];
    const project = infrastructure.resources.find(
      (one): one is Project => one.kind === "project" && one.id === reference.of,
    )!;
    const machine = mkdtempSync(join(folder, "machine-"));
    const source = join(machine, "source");
    cpSync(run.artifacts.get(action.inputs[0]!)!, source, { recursive: true });
    const env: NodeJS.ProcessEnv = { ...emulator.env, PATH: path, TMPDIR: machine, CODEBUILD_SRC_DIR: source };
    for (const input of action.inputs.slice(1)) env[`CODEBUILD_SRC_DIR_${input}`] = run.artifacts.get(input)!;
    const running = JSON.parse(action.configuration.EnvironmentVariables as string) as EnvironmentVariable[];
    for (const variable of [...project.variables, ...running]) env[variable.name] = await this.#kept(run, variable);
    const spec = parse(readFileSync(join(source, project.buildspec), "utf8")) as Buildspec;
    for (const phase of [spec.phases.install, spec.phases.build]) {
      const script = (phase?.commands ?? []).map((command) => `${command}\n[ $? -eq 0 ] || exit 1`).join("\n");
      const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { cwd: source, env, encoding: "utf8" });
      assert.equal(status, 0, `${action.name}\n${stdout}${stderr}`);
    }
    this.built.add(project.buildspec);
    for (const variable of spec.env["exported-variables"] ?? [])
      run.variables.set(`${action.namespace}.${variable}`, env[variable]!);
    for (const output of action.outputs) run.artifacts.set(output, join(source, spec.artifacts!["base-directory"]));
  }

  async #kept(run: Run, { name, value, type = "PLAINTEXT" }: ProjectVariable): Promise<string> {
    assert.ok(typeof value === "string", `${name} is known only when the stack is made`);
    const text = this.#filled(run, value);
    if (type === "PLAINTEXT") return text;
    assert.equal(type, "PARAMETER_STORE", "the shop has no secrets");
    const { Parameter } = await this.#options.emulator.aws<{ Parameter: { Value: string } }>(
      ...["ssm", "get-parameter", "--name", text],
    );
    return Parameter.Value;
  }

  #filled(run: Run, text: string): string {
    return text.replaceAll(/#\{([^}]+)\}/g, (_, name: string) => {
      const value = run.variables.get(name);
      assert.ok(value !== undefined, `nothing in ${run.pipeline.name} fills in #{${name}}`);
      return value;
    });
  }
}
