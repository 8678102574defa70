/** What a test may do to the world of the stand-in. Plain data in and out: it is called in another thread. */

import type { Json } from "./description.ts";
import {
  type Artifact,
  type Attestation,
  type EnvironmentSettings,
  type Fault,
  type LoggedRequest,
  newId,
  newWorld,
  type Permissions,
  type PullRequest,
  type Repository,
  type Run,
  tick,
  type World,
} from "./world.ts";

/** What is not said has a value that fits `team/shop` and its branch `main`. */
export type NewRun = Partial<Omit<Run, "head_repository">> & { readonly path: string; readonly fork?: string };

export class Control {
  readonly world: World = newWorld();

  /** Repositories are of organizations; the first is what `find` falls back to. */
  addRepository(
    full_name: string,
    more: Partial<Pick<Repository, "private" | "default_branch" | "oidc">> = {},
  ): number {
    const id = newId(this.world);
    const [login] = full_name.split("/") as [string];
    this.world.repositories.set(full_name, {
      id,
      full_name,
      owner: { id: newId(this.world), login, type: "Organization" },
      default_branch: "main",
      private: true,
      branches: new Map(),
      protectedBranches: new Set(),
      workflows: [],
      runs: [],
      artifacts: [],
      deployments: [],
      statuses: [],
      attestations: [],
      environments: new Map(),
      variables: new Map(),
      secrets: new Set(),
      rulesets: [],
      pulls: [],
      comments: [],
      oidc: { use_default: true, use_immutable_subject: false },
      default_workflow_permissions: "read",
      ...more,
    });
    return id;
  }

  setServer(version: string | undefined): void {
    this.world.server = version;
  }

  addTeam(name: string): number {
    const id = newId(this.world);
    this.world.teams.set(name, id);
    return id;
  }

  addUser(name: string): number {
    const id = newId(this.world);
    this.world.users.set(name, id);
    return id;
  }

  addWorkflow(repository: string, workflow: Repository["workflows"][number]): void {
    this.#of(repository).workflows.push(workflow);
  }

  setBranch(repository: string, branch: string, sha: string): void {
    this.#of(repository).branches.set(branch, sha);
  }

  /** A token for `gh`; without rights of a job it is a person's, who may do everything. */
  addToken(token: string, by: string, permissions?: Permissions): void {
    this.world.tokens.set(token, { by, permissions });
  }

  addRun(repository: string, { fork, ...more }: NewRun): number {
    const { id, full_name, runs, branches } = this.#of(repository);
    const head_branch = more.head_branch ?? "main";
    const run: Run = {
      id: newId(this.world),
      event: "push",
      head_branch,
      head_sha: branches.get(head_branch) ?? "0".repeat(40),
      head_repository:
        fork === undefined ? { id, full_name, fork: false } : { id: id + 9000, full_name: fork, fork: true },
      run_number: runs.length + 1,
      display_title: "a change",
      actor: "person",
      inputs: {},
      run_attempt: 1,
      status: "in_progress",
      conclusion: null,
      ...more,
    };
    runs.push(run);
    tick(this.world);
    return run.id;
  }

  changeRun(
    repository: string,
    run: number,
    change: Partial<Pick<Run, "status" | "conclusion" | "run_attempt">>,
  ): void {
    Object.assign(this.#run(repository, run), change);
  }

  /** Takes what is dispatched and has not begun. */
  queuedRuns(repository: string): Run[] {
    return this.#of(repository).runs.filter(({ status }) => status === "queued");
  }

  runs(repository: string): Run[] {
    return this.#of(repository).runs;
  }

  /** Opened, or changed: closed, or with another commit. */
  setPull(repository: string, pull: PullRequest): void {
    const { pulls } = this.#of(repository);
    const others = pulls.filter(({ number }) => number !== pull.number);
    pulls.splice(0, pulls.length, ...others, pull);
  }

  /** On a pull request, by somebody. */
  addComment(repository: string, comment: { issue_number: number; body: string; by: string }): number {
    const id = newId(this.world);
    this.#of(repository).comments.push({ id, ...comment });
    return id;
  }

  removeComment(repository: string, id: number): void {
    const { comments } = this.#of(repository);
    comments.splice(0, comments.length, ...comments.filter((one) => one.id !== id));
  }

  comments(repository: string): Repository["comments"] {
    return this.#of(repository).comments;
  }

  addArtifact(repository: string, run: number, name: string, zip: Uint8Array): number {
    this.#run(repository, run);
    const id = newId(this.world);
    this.#of(repository).artifacts.push({ id, name, run, zip, expired: false, created_at: tick(this.world) });
    return id;
  }

  artifacts(repository: string): { id: number; name: string; run: number; expired: boolean }[] {
    return this.#of(repository).artifacts.map(({ id, name, run, expired }) => ({ id, name, run, expired }));
  }

  zipOf(repository: string, artifact: number): Uint8Array {
    return this.#artifact(repository, artifact).zip;
  }

  changeArtifact(repository: string, artifact: number, change: Partial<Omit<Artifact, "id">>): void {
    Object.assign(this.#artifact(repository, artifact), change);
  }

  removeArtifact(repository: string, artifact: number): void {
    const all = this.#of(repository).artifacts;
    all.splice(all.indexOf(this.#artifact(repository, artifact)), 1);
  }

  attest(repository: string, attestation: Attestation): void {
    this.#of(repository).attestations.push(attestation);
  }

  addDeployment(repository: string, environment: string, state: string): void {
    this.#of(repository).deployments.push({
      id: newId(this.world),
      sha: "0".repeat(40),
      ref: "main",
      task: "deploy",
      environment,
      description: null,
      payload: "",
      creator: "github-actions[bot]",
      created_at: tick(this.world),
      statuses: [{ id: newId(this.world), state }],
    });
  }

  /** Of each its states, newest first. */
  deploymentStates(repository: string): { environment: string; states: string[] }[] {
    return this.#of(repository).deployments.map(({ environment, statuses }) => ({
      environment,
      states: [...statuses].sort((a, b) => b.id - a.id).map(({ state }) => state),
    }));
  }

  deployments(repository: string): Json {
    return structuredClone(this.#of(repository).deployments) as unknown as Json;
  }

  /** As a person would set it by hand; undefined removes it. */
  setEnvironment(repository: string, name: string, settings: Partial<EnvironmentSettings> | undefined): void {
    const { environments } = this.#of(repository);
    if (settings === undefined) environments.delete(name.toLowerCase());
    else {
      environments.set(name.toLowerCase(), {
        id: newId(this.world),
        wait_timer: 0,
        prevent_self_review: false,
        reviewers: [],
        deployment_branch_policy: null,
        policies: [],
        variables: new Map(),
        secrets: new Set(),
        ...environments.get(name.toLowerCase()),
        ...settings,
      });
    }
  }

  change(
    repository: string,
    change: Partial<Pick<Repository, "private" | "default_branch" | "oidc" | "default_workflow_permissions">>,
  ): void {
    Object.assign(this.#of(repository), change);
  }

  repository(repository: string): Repository {
    return this.#of(repository);
  }

  setListing(listing: World["listing"]): void {
    this.world.listing = listing;
  }

  setLimit(limit: number): void {
    this.world.limit = limit;
    this.world.used = 0;
  }

  /** From the first matching request on, until `noFaults`, unless `from` and `to` (counted from one) say otherwise. */
  addFault(fault: Pick<Fault, "match" | "is"> & Partial<Pick<Fault, "from" | "to">>): void {
    this.world.faults.push({ from: 1, to: Number.POSITIVE_INFINITY, ...fault, seen: 0 });
  }

  noFaults(): void {
    this.world.faults = [];
  }

  log(): LoggedRequest[] {
    return this.world.log;
  }

  clearLog(): void {
    this.world.log.length = 0;
    this.world.used = 0;
  }

  /** What scripts asked that GitHub does not know. Forgotten when told. */
  takeProblems(): string[] {
    return this.world.problems.splice(0);
  }

  #of(name: string): Repository {
    const found = this.world.repositories.get(name);
    if (found === undefined) throw new Error(`the stand-in has no repository ${name}`);
    return found;
  }

  #run(repository: string, id: number): Run {
    const found = this.#of(repository).runs.find((one) => one.id === id);
    if (found === undefined) throw new Error(`${repository} has no run ${id}`);
    return found;
  }

  #artifact(repository: string, id: number) {
    const found = this.#of(repository).artifacts.find((one) => one.id === id);
    if (found === undefined) throw new Error(`${repository} has no artifact ${id}`);
    return found;
  }
}
