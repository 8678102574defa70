/** Carries out the steps of a job with real shells in a real checkout; actions are done by their meaning. */

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { evaluateCondition, evaluateTemplate, templateText } from "../../../src/platforms/github/read/conditions.ts";
import { type Environment, environment } from "../../../src/platforms/github/read/expressions/evaluate.ts";
import { known } from "../../../src/platforms/github/read/expressions/value.ts";
import type { LocalAction, Step, StepsJob, Template, TemplateMap } from "../../../src/platforms/github/workflow.ts";
import type { GithubStandIn } from "../../platforms/github/api/stand-in.ts";
import type { ArtifactStore } from "./artifact-store.ts";

type Json = Parameters<typeof known>[0];
export type Contexts = Readonly<Record<string, Json>>;

export interface Shop {
  /** Git repository with the workflows. */
  readonly repository: string;
  readonly github: GithubStandIn;
  readonly store: ArtifactStore;
  /** Folder for temporary files, removed by the test. */
  readonly scratch: string;
  /** First on the path: stand-ins for tools. */
  readonly tools: string;
  readonly env: Readonly<Record<string, string>>;
  /** `file job: step` of every script that was run. */
  readonly executed: Set<string>;
  /** What GitHub would show as deployments, in order: `test success https://…`. */
  readonly deployments: string[];
  readonly log: string[];
}

export interface RunInfo {
  readonly id: number;
  readonly sha: string;
}

export function contextEnvironment(contexts: Contexts, status?: Environment["status"]): Environment {
  return environment(Object.fromEntries(Object.entries(contexts).map(([name, value]) => [name, known(value)])), status);
}

export function jsonOf(template: Template, around: Environment): Json {
  const value = evaluateTemplate(template, around);
  if (value.kind !== "known") throw new Error(`cannot be told: ${template.raw}`);
  return value.value;
}

function textOf(template: Template, around: Environment): string {
  const value = templateText(template, around);
  if (value.kind !== "known") throw new Error(`cannot be told: ${template.raw}`);
  return value.value === null ? "" : String(value.value);
}

export function textsOf(map: TemplateMap | undefined, around: Environment): Record<string, string> {
  return Object.fromEntries((map?.entries ?? []).map(({ key, value }) => [key.value, textOf(value, around)]));
}

export interface JobEnd {
  readonly result: "success" | "failure";
  readonly outputs: Record<string, string>;
  /** What its environment says where it is seen; empty where it says nothing. */
  readonly url: string;
}

/** What the steps of a job, or of a local action in it, see of each other. */
interface Scope {
  readonly contexts: Contexts;
  readonly steps: Record<string, Json>;
  /** Of the job, or of the step that uses the action. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: Template | undefined;
  /** Path of the local action, in the checkout. */
  readonly action: string | undefined;
  failed: boolean;
}

export function runSteps(
  shop: Shop,
  {
    job,
    file,
    contexts,
    run,
    actions,
  }: { job: StepsJob; file: string; contexts: Contexts; run: RunInfo; actions: readonly LocalAction[] },
): JobEnd {
  const machine = mkdtempSync(join(shop.scratch, "job-"));
  const workspace = join(machine, "work");
  const temp = join(machine, "temp");
  for (const folder of [workspace, temp]) mkdirSync(folder);
  const github = contexts.github as Record<string, Json>;
  const eventFile = join(machine, "event.json");
  writeFileSync(eventFile, JSON.stringify(github.event));
  const added: Record<string, string> = {};
  const around = ({ contexts: given, steps, env, failed }: Scope): Environment =>
    contextEnvironment(
      {
        ...given,
        steps,
        env: { ...added, ...env },
        runner: { temp, os: "Linux" },
        github: { ...github, workspace },
      },
      { success: known(!failed), failure: known(failed), cancelled: known(false) },
    );
  const outer: Scope = {
    contexts,
    steps: {},
    env: {},
    folder: job.defaults?.workingDirectory,
    action: undefined,
    failed: false,
  };
  const inJob: Scope = { ...outer, env: textsOf(job.env, around(outer)) };
  runAll(job.steps, inJob);
  const outputs = textsOf(job.outputs, around(inJob));
  const url = job.environment?.url === undefined ? "" : textOf(job.environment.url, around(inJob));
  return { result: inJob.failed ? "failure" : "success", outputs, url };

  function runAll(steps: readonly Step[], scope: Scope): void {
    for (const step of steps) {
      if (evaluateCondition(step.if, around(scope)) !== "yes") continue;
      const end = runStep(step, scope);
      if (step.id) scope.steps[step.id.value] = { outputs: end.outputs, outcome: end.ok ? "success" : "failure" };
      if (!end.ok && step.continueOnError === undefined) scope.failed = true;
    }
  }

  function runStep(step: Step, scope: Scope): { ok: boolean; outputs: Record<string, string> } {
    const seen = around(scope);
    const name = nameOf(step, scope.action);
    if (step.kind === "uses") {
      const given = textsOf(step.with, seen);
      const local = step.uses.kind === "local" ? step.uses.path : undefined;
      if (local !== undefined) return useLocal(local, given, textsOf(step.env, seen), scope);
      try {
        useAction(step.uses.kind === "action" ? step.uses.name : "", given);
        return { ok: true, outputs: {} };
      } catch (error) {
        shop.log.push(`${file} ${job.id}: ${name}: ${(error as Error).message}`);
        return { ok: false, outputs: {} };
      }
    }
    if (step.kind !== "run") throw new Error(`${name} is broken`);
    shop.executed.add(scope.action === undefined ? `${file} ${job.id}: ${name}` : name);
    const script = join(temp, "script.sh");
    writeFileSync(script, textOf(step.run, seen));
    const files = Object.fromEntries(
      ["OUTPUT", "ENV", "STEP_SUMMARY", "PATH"].map((kind) => [`GITHUB_${kind}`, join(temp, kind)]),
    );
    for (const path of Object.values(files)) writeFileSync(path, "");
    const folder = step.workingDirectory ?? scope.folder;
    const isSh = step.shell?.raw === "sh";
    const { status, stdout, stderr } = spawnSync(
      isSh ? "sh" : "bash",
      isSh ? ["-e", script] : ["--noprofile", "--norc", "-eo", "pipefail", script],
      {
        cwd: folder === undefined ? workspace : join(workspace, textOf(folder, seen).replace(workspace, "")),
        encoding: "utf8",
        env: {
          PATH: `${shop.tools}:${shop.github.tools}:${process.env.PATH}`,
          HOME: machine,
          ...shop.github.env,
          // Nobody is signed in on a runner: a step that asks is given its token.
          GH_TOKEN: "",
          RUNNER_TEMP: temp,
          TMPDIR: temp,
          GITHUB_WORKSPACE: workspace,
          GITHUB_EVENT_PATH: eventFile,
          GITHUB_EVENT_NAME: String(github.event_name),
          GITHUB_REF_NAME: String(github.ref_name),
          GITHUB_REF_TYPE: "branch",
          GITHUB_BASE_REF: String(github.base_ref),
          GITHUB_RUN_ID: String(run.id),
          GITHUB_REPOSITORY: String(github.repository),
          GITHUB_SHA: run.sha,
          GITHUB_WORKFLOW_REF: String(github.workflow_ref),
          ...(scope.action !== undefined && { GITHUB_ACTION_PATH: join(workspace, scope.action) }),
          ...shop.env,
          ...files,
          ...added,
          ...scope.env,
          ...textsOf(step.env, seen),
        },
      },
    );
    if (status !== 0) shop.log.push(`${file} ${job.id}: ${name} (${status})\n${stdout}${stderr}`);
    Object.assign(added, keyValues(readFileSync(files.GITHUB_ENV!, "utf8")));
    return { ok: status === 0, outputs: keyValues(readFileSync(files.GITHUB_OUTPUT!, "utf8")) };
  }

  /** As the runner does: its own inputs and steps, the job's environment and checkout. */
  function useLocal(
    path: string,
    given: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>>,
    outside: Scope,
  ): { ok: boolean; outputs: Record<string, string> } {
    const action = actions.find((one) => one.path === path);
    if (action === undefined || !existsSync(join(workspace, path, "action.yml"))) {
      shop.log.push(`${file} ${job.id}: ${path} is not in the checkout`);
      return { ok: false, outputs: {} };
    }
    const wanted = action.inputs.map(({ name, default: fallback, required }) => {
      if (required && given[name.value] === undefined) throw new Error(`${path} needs ${name.value}`);
      return [name.value, given[name.value] ?? (fallback ? textOf(fallback, around(outside)) : "")] as const;
    });
    const strange = Object.keys(given).filter((name) => !wanted.some(([known]) => known === name));
    if (strange.length > 0) throw new Error(`${path} has no input ${strange.join(", ")}`);
    const scope: Scope = {
      contexts: { ...contexts, inputs: Object.fromEntries(wanted) },
      steps: {},
      env: { ...outside.env, ...env },
      folder: undefined,
      action: path,
      failed: false,
    };
    runAll(action.steps, scope);
    const outputs = Object.fromEntries(
      action.outputs.map(({ key, value }) => [key.value, textOf(value, around(scope))]),
    );
    return { ok: !scope.failed, outputs };
  }

  function useAction(name: string, given: Record<string, string>): void {
    if (name === "actions/checkout") {
      if (!existsSync(join(workspace, ".git"))) {
        execFileSync("git", ["clone", "--quiet", "--no-checkout", shop.repository, workspace]);
      }
      execFileSync("git", ["-C", workspace, "checkout", "--quiet", "--force", "--detach", given.ref || run.sha]);
      execFileSync("git", ["-C", workspace, "clean", "--quiet", "-ffdx"]);
    } else if (name === "actions/upload-artifact") {
      shop.store.upload({ name: given.name!, path: given.path!, run: run.id });
    } else if (name === "actions/download-artifact") {
      shop.store.download({ name: given.name!, path: given.path!, run: Number(given["run-id"] || run.id) });
    } else if (name === "actions/attest-build-provenance") {
      const bytes = readFileSync(resolve(workspace, given["subject-path"]!));
      const { repository, ref_name } = contexts.github as Record<string, string>;
      shop.github.control.attest(repository!, {
        digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
        predicateType: "https://slsa.dev/provenance/v1",
        signerWorkflow: `${repository}/${file}`,
        sourceRef: `refs/heads/${ref_name}`,
        sourceDigest: run.sha,
      });
    }
    // Setting up tools and signing in change nothing here: the tools are there, and nobody asks for a role.
  }
}

/** A step of a workflow by its name; a script of the program by its file, whoever uses it. */
function nameOf(step: Step, action: string | undefined): string {
  const text = step.name?.raw ?? (step.kind === "run" ? step.run.raw : "");
  return action === undefined ? text : `${action}: ${text}`;
}

/** `name=value` and `name<<MARK … MARK`. */
function keyValues(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const match = /^([^=<]+)(=|<<)(.*)$/.exec(lines[i]!);
    if (match === null) continue;
    const [, name, sign, rest] = match as unknown as [string, string, string, string];
    if (sign === "=") values[name] = rest;
    else {
      const end = lines.indexOf(rest, i + 1);
      values[name] = lines.slice(i + 1, end).join("\n");
      i = end;
    }
  }
  return values;
}
