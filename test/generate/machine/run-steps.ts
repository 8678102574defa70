/** Carries out the steps of a job with real shells in a real checkout; actions are done by their meaning. */

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { evaluateCondition, evaluateTemplate, templateText } from "../../../src/platforms/github/read/conditions.ts";
import { type Environment, environment } from "../../../src/platforms/github/read/expressions/evaluate.ts";
import { known } from "../../../src/platforms/github/read/expressions/value.ts";
import type { Step, StepsJob, Template, TemplateMap } from "../../../src/platforms/github/workflow.ts";
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
}

export function runSteps(
  shop: Shop,
  { job, file, contexts, run }: { job: StepsJob; file: string; contexts: Contexts; run: RunInfo },
): JobEnd {
  const machine = mkdtempSync(join(shop.scratch, "job-"));
  const workspace = join(machine, "work");
  const temp = join(machine, "temp");
  for (const folder of [workspace, temp]) mkdirSync(folder);
  const steps: Record<string, Json> = {};
  const added: Record<string, string> = {};
  let failed = false;
  const around = (env: Record<string, string>): Environment =>
    contextEnvironment(
      {
        ...contexts,
        steps,
        env: { ...added, ...env },
        runner: { temp, os: "Linux" },
        github: { ...(contexts.github as Record<string, Json>), workspace },
      },
      { success: known(!failed), failure: known(failed), cancelled: known(false) },
    );
  const jobEnv = textsOf(job.env, around({}));
  for (const step of job.steps) {
    const scope = around(jobEnv);
    if (evaluateCondition(step.if, scope) !== "yes") continue;
    const end = runStep(step);
    if (step.id) steps[step.id.value] = { outputs: end.outputs, outcome: end.ok ? "success" : "failure" };
    if (!end.ok && step.continueOnError === undefined) failed = true;
  }
  const outputs = textsOf(job.outputs, around(jobEnv));
  return { result: failed ? "failure" : "success", outputs };

  function runStep(step: Step): { ok: boolean; outputs: Record<string, string> } {
    const scope = around(jobEnv);
    const name = step.name?.raw ?? "";
    if (step.kind === "uses") {
      const given = textsOf(step.with, scope);
      try {
        useAction(step.uses.kind === "action" ? step.uses.name : "", given);
        return { ok: true, outputs: {} };
      } catch (error) {
        shop.log.push(`${file} ${job.id}: ${name}: ${(error as Error).message}`);
        return { ok: false, outputs: {} };
      }
    }
    if (step.kind !== "run") throw new Error(`${name} is broken`);
    shop.executed.add(`${file} ${job.id}: ${name}`);
    const script = join(temp, "script.sh");
    writeFileSync(script, textOf(step.run, scope));
    const files = Object.fromEntries(
      ["OUTPUT", "ENV", "STEP_SUMMARY", "PATH"].map((kind) => [`GITHUB_${kind}`, join(temp, kind)]),
    );
    for (const path of Object.values(files)) writeFileSync(path, "");
    const folder = step.workingDirectory ?? job.defaults?.workingDirectory;
    const isSh = step.shell?.raw === "sh";
    const github = contexts.github as Record<string, string>;
    const { status, stdout, stderr } = spawnSync(
      isSh ? "sh" : "bash",
      isSh ? ["-e", script] : ["--noprofile", "--norc", "-eo", "pipefail", script],
      {
        cwd: folder === undefined ? workspace : join(workspace, textOf(folder, scope).replace(workspace, "")),
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
          GITHUB_RUN_ID: String(run.id),
          GITHUB_REPOSITORY: github.repository,
          GITHUB_SHA: run.sha,
          ...shop.env,
          ...files,
          ...added,
          ...jobEnv,
          ...textsOf(step.env, scope),
        },
      },
    );
    if (status !== 0) shop.log.push(`${file} ${job.id}: ${name} (${status})\n${stdout}${stderr}`);
    Object.assign(added, keyValues(readFileSync(files.GITHUB_ENV!, "utf8")));
    return { ok: status === 0, outputs: keyValues(readFileSync(files.GITHUB_OUTPUT!, "utf8")) };
  }

  function useAction(name: string, given: Record<string, string>): void {
    if (name === "actions/checkout") {
      execFileSync("git", ["clone", "--quiet", "--no-checkout", shop.repository, workspace]);
      execFileSync("git", ["-C", workspace, "checkout", "--quiet", "--detach", given.ref || run.sha]);
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
