/** Runs workflows as GitHub would, one job after the other, with real git, bash and jq. For tests of generated files. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { matchesAny } from "../../../src/model/filters.ts";
import type { WrittenFile } from "../../../src/platforms/generated.ts";
import { evaluateCondition } from "../../../src/platforms/github/read/conditions.ts";
import { known } from "../../../src/platforms/github/read/expressions/value.ts";
import { readRepository } from "../../../src/platforms/github/read/repository.ts";
import type { NeededSettings } from "../../../src/platforms/github/settings/needed.ts";
import type { Permissions as Declared, Job, Repository, Workflow } from "../../../src/platforms/github/workflow.ts";
import { fnmatch } from "../../platforms/github/api/fnmatch.ts";
import { githubStandIn } from "../../platforms/github/api/stand-in.ts";
import type { Permissions } from "../../platforms/github/api/world.ts";
import { ArtifactStore } from "./artifact-store.ts";
import { contextEnvironment, jsonOf, runSteps, type Shop } from "./run-steps.ts";

type Json = Parameters<typeof known>[0];
type Result = "success" | "failure" | "skipped";

export interface Run {
  readonly id: number;
  readonly file: string;
  readonly conclusion: Result;
  /** Results by path: `dev/infra/apply`. */
  readonly jobs: ReadonlyMap<string, Result>;
  /** Runs that its end started. */
  readonly followers: readonly Run[];
}

export interface Machine {
  readonly shop: Shop;
  readonly repository: Repository;
  /** Writes files, commits them on a branch, and returns the commit. */
  commit(files: Readonly<Record<string, string>>, branch?: string): string;
  /** Of an older commit: a run that was held up until now. */
  push(branch: string, sha?: string): Run[];
  /** Something happens to a pull request from `feature`, or from another branch; in conflict GitHub would start nothing. */
  pullRequest(base: string, about?: PullEvent): Run[];
  dispatch(file: string, branch: string, inputs?: Readonly<Record<string, string>>): Run;
  /** On the default branch, as schedules are. */
  schedule(file: string): Run;
}

export interface MachineOptions {
  readonly workflows: readonly WrittenFile[];
  readonly files: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Stand-ins for tools: name to script. */
  readonly tools?: Readonly<Record<string, string>>;
  /** What is set on GitHub. Without it no environment refuses a branch. */
  readonly settings?: NeededSettings;
}

export interface PullEvent {
  readonly number?: number;
  readonly from?: string;
  readonly action?: "opened" | "synchronize" | "closed" | "reopened";
}

interface Start {
  readonly workflow: Workflow;
  readonly event: string;
  readonly branch: string;
  readonly sha: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly payload: Readonly<Record<string, Json>>;
  /** Of a pull request its branch. */
  readonly from?: string;
  /** The one that was dispatched by a job. */
  readonly run?: number;
}

export function machine(
  test: TestContext,
  { workflows, files, env = {}, tools = {}, settings }: MachineOptions,
): Machine {
  const scratch = mkdtempSync(join(tmpdir(), "baton-machine-"));
  test.after(() => rmSync(scratch, { recursive: true, force: true }));
  const folder = join(scratch, "repository");
  mkdirSync(folder);
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();
  const write = (all: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  };
  git("init", "--quiet", "--initial-branch=main");
  write({ ...files, ...Object.fromEntries(workflows.map(({ path, text }) => [path, text])) });
  git("add", "--all");
  git("commit", "--quiet", "--message=start");
  const toolFolder = join(scratch, "tools");
  mkdirSync(toolFolder);
  // Nobody waits here; for how long one would have is written down.
  const sleep = `#!/bin/sh\necho "$1" >> '${join(scratch, "waits")}'\n`;
  for (const [name, script] of Object.entries({ sleep, ...tools })) {
    writeFileSync(join(toolFolder, name), script);
    chmodSync(join(toolFolder, name), 0o755);
  }
  const standIn = githubStandIn(test, { folder: scratch });
  const { control } = standIn;
  const slug = "team/shop";
  control.addRepository(slug);
  const shop: Shop = {
    repository: folder,
    github: standIn,
    store: new ArtifactStore(control, slug, scratch),
    scratch,
    tools: toolFolder,
    env,
    executed: new Set(),
    deployments: [],
    log: [],
  };
  const repository = readRepository(folder, { defaultBranch: "main" });
  for (const { file, displayName, triggers } of repository.workflows) {
    control.addWorkflow(slug, { path: file, name: displayName, on: triggers.map(({ event }) => event) });
  }

  const owners = { type: "Team" as const, id: control.addTeam("team/owners"), slug: "owners" };
  for (const { name, branches, reviewers } of settings?.environments ?? []) {
    const patterns = branches === "any" ? [] : (branches?.map(({ pattern }) => pattern!) ?? ["main"]);
    control.setEnvironment(slug, name, {
      reviewers: reviewers === undefined ? [] : [owners],
      deployment_branch_policy: branches === "any" ? null : { protected_branches: false, custom_branch_policies: true },
      policies: patterns.map((pattern, id) => ({ id, name: pattern, type: "branch" })),
    });
  }

  /** Whether GitHub lets a run use an environment: its policies are matched against the run's reference. */
  function admits(name: string, { event_name, ref_name }: Record<string, Json>): boolean {
    const found = control.repository(slug).environments.get(name.toLowerCase());
    if (!found?.deployment_branch_policy) return true;
    return event_name !== "pull_request" && found.policies.some((policy) => fnmatch(policy.name, String(ref_name)));
  }

  function start(begin: Start): Run {
    const { workflow, event, branch, sha, inputs, payload } = begin;
    control.setBranch(slug, branch, sha);
    const id =
      begin.run ??
      control.addRun(slug, { path: workflow.file, event, head_branch: branch, head_sha: sha, actor: "person" });
    const github = {
      event_name: event,
      sha,
      ref_name: event === "pull_request" ? `${payload.number}/merge` : branch,
      head_ref: event === "pull_request" ? begin.from! : "",
      base_ref: event === "pull_request" ? branch : "",
      run_id: id,
      actor: "person",
      repository: slug,
      workflow_ref: `${slug}/${workflow.file}@refs/heads/${branch}`,
      event: { ...payload, repository: { default_branch: "main" } },
    };
    const jobs = new Map<string, Result>();
    const conclusion = runWorkflow({
      workflow,
      github,
      inputs,
      path: [],
      jobs,
      run: { id, sha },
      granted: undefined,
    }).result;
    control.changeRun(slug, id, { status: "completed", conclusion });
    // All are taken before the first begins: at its end it would find the others in the queue as well.
    const queued = control.queuedRuns(slug);
    for (const one of queued) control.changeRun(slug, one.id, { status: "in_progress" });
    const dispatched = queued.map((one) => dispatch(one.path, one.head_branch, one.inputs, one.id));
    return { id, file: workflow.file, conclusion, jobs, followers: dispatched };
  }

  interface Scope {
    readonly workflow: Workflow;
    readonly github: Record<string, Json>;
    readonly inputs: Readonly<Record<string, Json>>;
    readonly path: readonly string[];
    readonly jobs: Map<string, Result>;
    readonly run: { id: number; sha: string };
    /** What the caller may do; undefined where nobody calls. */
    readonly granted: Permissions | undefined;
  }

  function runWorkflow(scope: Scope): { result: Result; outputs: Record<string, string> } {
    const ends = new Map<string, { result: Result; outputs: Record<string, string>; forgiven: boolean }>();
    const left = [...scope.workflow.jobs];
    while (left.length > 0) {
      const index = left.findIndex(({ needs }) => needs.every(({ value }) => ends.has(value)));
      const [job] = left.splice(index, 1) as [Job];
      ends.set(job.id, runJob(job, scope, ends));
      scope.jobs.set([...scope.path, job.id].join("/"), ends.get(job.id)!.result);
    }
    const results = [...ends.values()].map(({ result, forgiven }) => (forgiven ? "success" : result));
    const result = results.includes("failure") ? "failure" : results.includes("success") ? "success" : "skipped";
    const call = scope.workflow.triggers.find((one) => one.event === "workflow_call");
    const jobs = Object.fromEntries([...ends].map(([id, { outputs }]) => [id, { outputs }]));
    const around = contextEnvironment({ jobs, inputs: scope.inputs, github: scope.github });
    const outputs =
      call?.event === "workflow_call"
        ? Object.fromEntries(call.outputs.map(({ key, value }) => [key.value, String(jsonOf(value, around) ?? "")]))
        : {};
    return { result, outputs };
  }

  function runJob(
    job: Job,
    scope: Scope,
    ends: ReadonlyMap<string, { result: Result; outputs: Record<string, string>; forgiven: boolean }>,
  ): { result: Result; outputs: Record<string, string>; forgiven: boolean } {
    const before = new Set(job.needs.map(({ value }) => value));
    for (const id of before)
      for (const { value } of scope.workflow.jobs.find((one) => one.id === id)!.needs) before.add(value);
    const past = [...before].map((id) => ends.get(id)!);
    const status = {
      success: known(past.every(({ result, forgiven }) => result === "success" || forgiven)),
      failure: known(past.some(({ result, forgiven }) => result === "failure" && !forgiven)),
      cancelled: known(false),
    };
    const needs = Object.fromEntries(
      job.needs.map(({ value }) => {
        const { result, outputs, forgiven } = ends.get(value)!;
        return [value, { result: forgiven ? "success" : result, outputs }];
      }),
    );
    const granted = grantedTo(job.permissions ?? scope.workflow.permissions, scope.granted);
    const token = `token-${scope.run.id}-${[...scope.path, job.id].join("-")}`;
    if (job.kind !== "call") control.addToken(token, [...scope.path, job.id].join("/"), granted);
    const github = { ...scope.github, token };
    const contexts = { github, inputs: scope.inputs, needs, secrets: {}, vars: {}, matrix: null };
    const around = contextEnvironment(contexts, status);
    if (evaluateCondition(job.if, around) !== "yes") return { result: "skipped", outputs: {}, forgiven: false };
    if (job.kind === "call") {
      const path = job.uses.kind === "local" ? job.uses.path : "";
      const called = repository.workflows.find(({ file }) => file === path)!;
      const trigger = called.triggers.find((one) => one.event === "workflow_call");
      const declared = trigger?.event === "workflow_call" ? trigger.inputs : [];
      const given = Object.fromEntries(
        (job.with?.entries ?? []).map(({ key, value }) => [key.value, jsonOf(value, around)]),
      );
      const inputs = Object.fromEntries(
        declared.map(({ name, default: fallback, type }) => [
          name.value,
          given[name.value] ?? (fallback ? fallback.raw : type === "boolean" ? false : ""),
        ]),
      );
      const inner = runWorkflow({ ...scope, workflow: called, inputs, path: [...scope.path, job.id], granted });
      return { ...inner, forgiven: false };
    }
    const environment = job.environment && String(jsonOf(job.environment.name, around) ?? "");
    if (environment && !admits(environment, scope.github)) {
      shop.log.push(`Branch "${scope.github.ref_name}" is not allowed to deploy to ${environment}`);
      return { result: "failure", outputs: {}, forgiven: false };
    }
    const legs = job.strategy?.matrix?.legs ?? [undefined];
    const legEnds = legs.map((leg) => {
      const matrix =
        leg && Object.fromEntries([...leg].map(([key, value]) => [key, value.kind === "known" ? value.value : null]));
      return runSteps(shop, {
        job,
        file: scope.workflow.file,
        contexts: { ...contexts, matrix: matrix ?? null },
        run: scope.run,
        actions: repository.actions,
      });
    });
    const result = legEnds.some((end) => end.result === "failure") ? "failure" : "success";
    const { deployment } = job.environment ?? {};
    if (environment && !(deployment?.kind === "known" && !deployment.value)) {
      control.addDeployment(slug, environment, result);
      shop.deployments.push([environment, result, legEnds.at(-1)!.url].join(" ").trim());
    }
    return {
      result,
      outputs: legEnds.at(-1)!.outputs,
      forgiven: result === "failure" && job.continueOnError !== undefined,
    };
  }

  const startAll = (
    event: "push" | "pull_request",
    {
      payload = {},
      action = "opened",
      ...begin
    }: Pick<Start, "branch" | "sha" | "from"> & Partial<Pick<Start, "payload">> & Pick<PullEvent, "action">,
  ): Run[] =>
    repository.workflows.flatMap((workflow) => {
      const trigger = workflow.triggers.find((one) => one.event === event);
      if (trigger === undefined || !("branches" in trigger)) return [];
      if (trigger.event === "pull_request") {
        const types = trigger.types?.patterns.map(({ value }) => value) ?? ["opened", "synchronize", "reopened"];
        if (!types.includes(action)) return [];
      }
      const patterns = trigger.branches?.patterns.map(({ value }) => value) ?? [];
      return matchesAny(patterns, [begin.branch]) ? [start({ workflow, event, inputs: {}, payload, ...begin })] : [];
    });

  return {
    shop,
    repository,
    commit(changed, branch = "main") {
      git("checkout", "--quiet", "-B", branch);
      write(changed);
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "--message=change");
      return git("rev-parse", "HEAD");
    },
    push: (branch, sha = git("rev-parse", branch)) => startAll("push", { branch, sha }),
    pullRequest(base, { number = 1, from = "feature", action = "opened" } = {}) {
      git("checkout", "--quiet", "-B", "merge", base);
      git("merge", "--quiet", "--no-ff", "--message=merge", from);
      const sha = git("rev-parse", "HEAD");
      git("checkout", "--quiet", base);
      const head = git("rev-parse", from);
      control.setPull(slug, { number, state: action === "closed" ? "closed" : "open", head, base, branch: from });
      const payload = { number, action, pull_request: { number, head: { sha: head, repo: { full_name: slug } } } };
      return startAll("pull_request", { branch: base, sha, from, action, payload });
    },
    dispatch,
    schedule(file) {
      const workflow = repository.workflows.find((one) => `/${one.file}`.endsWith(`/${file}`))!;
      assert.ok(workflow.triggers.some(({ event }) => event === "schedule"));
      return start({
        workflow,
        event: "schedule",
        branch: "main",
        sha: git("rev-parse", "main"),
        inputs: {},
        payload: {},
      });
    },
  };

  function dispatch(file: string, branch: string, inputs: Readonly<Record<string, string>> = {}, run?: number): Run {
    const workflow = repository.workflows.find((one) => `/${one.file}`.endsWith(`/${file}`))!;
    const trigger = workflow.triggers.find((one) => one.event === "workflow_dispatch");
    const declared = trigger?.event === "workflow_dispatch" ? trigger.inputs : [];
    const all = Object.fromEntries(
      declared.map(({ name, default: fallback, type }) => {
        const value = inputs[name.value] ?? fallback?.raw ?? "";
        return [name.value, type === "boolean" ? value === "true" : value];
      }),
    );
    return start({
      workflow,
      event: "workflow_dispatch",
      branch,
      sha: git("rev-parse", branch),
      inputs: all,
      payload: { inputs: all },
      ...(run !== undefined && { run }),
    });
  }
}

/** What is written, as far as the caller has it. Nothing written: what the caller has, or what GitHub gives of itself. */
function grantedTo(written: Declared | undefined, caller: Permissions | undefined): Permissions {
  if (written === undefined) return caller ?? { contents: "read", packages: "read" };
  const own = Object.fromEntries([...written.scopes].map(([scope, { value }]) => [scope, value]));
  if (written.all !== undefined) throw new Error(`permissions: ${written.all}-all`);
  if (caller === undefined) return own;
  const rank = { none: 0, read: 1, write: 2 };
  for (const [scope, level] of Object.entries(own)) {
    if (rank[level] > rank[caller[scope] ?? "none"]) throw new Error(`a called workflow asks for ${scope}: ${level}`);
  }
  return own;
}
