/**
 * What build machines do, done here: a buildspec runs with a fresh source and a home of its own, its inputs beside it, its
 * variables filled in as the services fill them in, against the emulator, by the real AWS CLI.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse } from "yaml";
import type { EnvironmentVariable } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import type { Emulator } from "../../../aws/emulator.ts";

export interface Buildspec {
  env: { shell: string; "exported-variables"?: string[] };
  phases: Record<string, { commands?: string[] }>;
  artifacts?: { "base-directory": string };
}

/** One action of one run, with what its project adds. */
export interface Build {
  namespace?: string;
  /** The project's, then the action's. */
  variables: readonly (Omit<EnvironmentVariable, "type"> & { type?: EnvironmentVariable["type"] })[];
  /** The text of the file. */
  buildspec: string;
  /** Artifacts beside the source. */
  inputs: readonly string[];
  outputs: readonly string[];
  /** Values of the pipeline's own variables. */
  parameters?: Readonly<Record<string, string>>;
}

export interface Built {
  /** Of the first command that failed; 0 when none did. */
  status: number;
  output: string;
}

export interface RunOptions {
  emulator: Emulator;
  /** For everything that is written; the test removes it. */
  folder: string;
  id: string;
  commit: string;
  /** Puts the files of the commit there. */
  fillSource(folder: string): void;
  /** Beside what leads to the emulator. */
  env?: NodeJS.ProcessEnv;
}

export class PipelineRun {
  readonly #options: RunOptions;
  readonly #exported = new Map<string, string>();
  readonly #artifacts = new Map<string, string>();

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async build({ namespace, variables, buildspec, inputs, outputs, parameters = {} }: Build): Promise<Built> {
    const { emulator, folder, fillSource } = this.#options;
    const machine = mkdtempSync(join(folder, "machine-"));
    const source = join(machine, "source");
    mkdirSync(source);
    fillSource(source);
    const spec = parse(buildspec) as Buildspec;
    const env: NodeJS.ProcessEnv = {
      ...emulator.env,
      HOME: machine,
      TMPDIR: machine,
      CODEBUILD_SRC_DIR: source,
      PATH: `${packageManager(machine)}:${emulator.env.PATH}`,
      ...this.#options.env,
    };
    for (const input of inputs) {
      const inbox = join(machine, input);
      cpSync(this.artifact(input), inbox, { recursive: true });
      env[`CODEBUILD_SRC_DIR_${input}`] = inbox;
    }
    for (const { name, value, type } of variables)
      env[name] = await this.#keptValue(this.#filled(value, parameters), type);
    assert.equal(spec.env.shell, "bash");
    const child = spawn("bash", ["-c", scriptOf(spec)], { cwd: source, env, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (status === 0) {
      for (const variable of spec.env["exported-variables"] ?? [])
        this.#exported.set(`${namespace}.${variable}`, env[variable]!);
      for (const output of outputs) this.#artifacts.set(output, join(source, spec.artifacts!["base-directory"]));
    }
    return { status, output: stdout + stderr };
  }

  /** What an action of CodePipeline itself tells those that come later. */
  tells(namespace: string, variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) this.#exported.set(`${namespace}.${name}`, value);
  }

  /** The folder with the files of an artifact that an action left. */
  artifact(name: string): string {
    const folder = this.#artifacts.get(name);
    assert.ok(folder !== undefined, `no action left the artifact ${name}`);
    return folder;
  }

  #filled(value: string, parameters: Readonly<Record<string, string>>): string {
    return value.replaceAll(/#\{([^}]+)\}/g, (_, name: string) => {
      if (name === "codepipeline.PipelineExecutionId") return this.#options.id;
      if (name === "SourceVariables.CommitId" || name === "SourceVariables.VersionId") return this.#options.commit;
      const known = name.startsWith("variables.")
        ? parameters[name.slice("variables.".length)]
        : this.#exported.get(name);
      assert.ok(known !== undefined, `nothing fills in #{${name}}`);
      return known;
    });
  }

  async #keptValue(value: string, type: EnvironmentVariable["type"] = "PLAINTEXT"): Promise<string> {
    const { aws } = this.#options.emulator;
    if (type === "PARAMETER_STORE") {
      const { Parameter } = await aws<{ Parameter: { Value: string } }>("ssm", "get-parameter", "--name", value);
      return Parameter.Value;
    }
    if (type === "SECRETS_MANAGER") {
      const secret = await aws<{ SecretString: string }>("secretsmanager", "get-secret-value", "--secret-id", value);
      return secret.SecretString;
    }
    return value;
  }
}

/** All commands share a shell; each is judged, and the first that fails ends the build. */
function scriptOf({ phases }: Buildspec): string {
  const known = ["install", "pre_build", "build", "post_build"];
  assert.deepEqual(
    Object.keys(phases).filter((phase) => !known.includes(phase)),
    [],
  );
  const commands = known.flatMap((phase) => phases[phase]?.commands ?? []);
  return commands.map((command) => `${command}\n[ $? -eq 0 ] || exit 1`).join("\n");
}

/**
 * Stand-ins for what belongs to Amazon Linux and its network: whatever is installed by them is on this machine already. They
 * accept nothing but what is known to be right there.
 */
function packageManager(machine: string): string {
  const tools = join(machine, "tools");
  mkdirSync(tools);
  const right = {
    curl: "'-fsSL -o /etc/yum.repos.d/hashicorp.repo https://rpm.releases.hashicorp.com/AmazonLinux/hashicorp.repo'",
    yum: "'-y -q install terraform' | '-y -q install terraform-1.'*'.*'",
  };
  for (const [name, words] of Object.entries(right)) {
    const file = join(tools, name);
    writeFileSync(
      file,
      `#!/bin/sh\ncase "$*" in ${words}) ;; *) echo "${name} $*: unknown to this test" >&2; exit 64 ;; esac\n`,
    );
    chmodSync(file, 0o755);
  }
  return tools;
}
