/** Runs, their artifacts, and what starts them. */

import type { Json } from "../description.ts";
import { type Artifact, newId, type Repository, type Run, tick } from "../world.ts";
import { type Answers, notFound, nothing, ok, page, person, refused } from "./answer.ts";

export const runAnswers: Answers = {
  "GET /repos/{owner}/{repo}/actions/artifacts": (call) => {
    const { name } = call.asked.query;
    const all = call.repository.artifacts.filter((one) => name === undefined || one.name === name);
    return page(
      call,
      all.map((one) => artifactOf(call.repository, one)),
      "artifacts",
    );
  },
  "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}": ({ repository, asked }) => {
    const found = repository.artifacts.find(({ id }) => id === Number(asked.path.artifact_id));
    return found === undefined ? notFound : ok(artifactOf(repository, found));
  },
  "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}": ({ repository, asked }) => {
    const found = repository.artifacts.find(({ id }) => id === Number(asked.path.artifact_id));
    if (found === undefined || asked.path.archive_format !== "zip") return notFound;
    if (found.expired) return { status: 410, body: { message: "Artifact has expired" } };
    const location = `https://artifacts.example/${repository.full_name}/${found.id}.zip`;
    return { status: 302, headers: { location } };
  },
  "DELETE /repos/{owner}/{repo}/actions/artifacts/{artifact_id}": ({ repository, asked }) => {
    const at = repository.artifacts.findIndex(({ id }) => id === Number(asked.path.artifact_id));
    if (at < 0) return notFound;
    repository.artifacts.splice(at, 1);
    return nothing(204);
  },
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts": (call) => {
    const { name } = call.asked.query;
    const run = runOf(call);
    if (run === undefined) return notFound;
    const all = call.repository.artifacts.filter(
      (one) => one.run === run.id && (name === undefined || one.name === name),
    );
    return page(
      call,
      all.map((one) => artifactOf(call.repository, one)),
      "artifacts",
    );
  },
  "GET /repos/{owner}/{repo}/actions/runs": (call) => {
    const found = call.repository.runs.filter((run) => passes(run, call.asked.query));
    return page(
      call,
      found.map((run) => shown(call.repository, run)),
      "workflow_runs",
    );
  },
  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs": (call) => {
    const workflow = workflowOf(call.repository, call.asked.path.workflow_id!);
    if (workflow === undefined) return notFound;
    const found = call.repository.runs.filter((run) => run.path === workflow.path && passes(run, call.asked.query));
    return page(
      call,
      found.map((run) => shown(call.repository, run)),
      "workflow_runs",
    );
  },
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}": (call) => {
    const run = runOf(call);
    return run === undefined ? notFound : ok(shown(call.repository, run));
  },
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}": (call) => {
    const run = runOf(call);
    const attempt = Number(call.asked.path.attempt_number);
    if (run === undefined || attempt < 1 || attempt > run.run_attempt) return notFound;
    return ok({ ...(shown(call.repository, run) as object), run_attempt: attempt });
  },
  "POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel": (call) => {
    const run = runOf(call);
    if (run === undefined) return notFound;
    if (run.status === "completed") {
      return { status: 409, body: { message: "Cannot cancel a workflow run that is completed." } };
    }
    run.status = "completed";
    run.conclusion = "cancelled";
    return { status: 202, body: {} };
  },
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs": (call) => {
    const run = runOf(call);
    if (run === undefined) return notFound;
    const jobs = (run.jobs ?? []).map(({ name, status }, at) => ({
      id: run.id * 1000 + at,
      run_id: run.id,
      head_sha: run.head_sha,
      name,
      status,
      conclusion: status === "completed" ? "success" : null,
    }));
    return page(call, jobs, "jobs");
  },
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments": (call) => {
    const run = runOf(call);
    if (run === undefined) return notFound;
    const waits = run.status === "waiting" ? (run.waitsFor ?? []) : [];
    return ok(
      waits.map((name, at) => ({
        environment: { id: at + 1, name },
        wait_timer: 0,
        wait_timer_started_at: null,
        current_user_can_approve: false,
        reviewers: [],
      })),
    );
  },
  "GET /repos/{owner}/{repo}/actions/workflows": (call) =>
    page(
      call,
      call.repository.workflows.map(({ path, name }, at) => ({ id: at + 1, path, name, state: "active" })),
      "workflows",
    ),
  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}": ({ repository, asked }) => {
    const found = workflowOf(repository, asked.path.workflow_id!);
    if (found === undefined) return notFound;
    return ok({ id: repository.workflows.indexOf(found) + 1, path: found.path, name: found.name, state: "active" });
  },
  "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": ({ world, repository, asked, token }) => {
    const workflow = workflowOf(repository, asked.path.workflow_id!);
    if (workflow === undefined) return notFound;
    if (!workflow.on.includes("workflow_dispatch")) {
      return refused(`Workflow does not have 'workflow_dispatch' trigger`);
    }
    const { ref, inputs, return_run_details } = asked.body as {
      ref: string;
      inputs?: Record<string, string>;
      return_run_details?: boolean;
    };
    const branch = ref.replace(/^refs\/heads\//, "");
    const sha = repository.branches.get(branch);
    if (sha === undefined) return refused(`No ref found for: ${ref}`);
    const run: Run = {
      id: newId(world),
      path: workflow.path,
      event: "workflow_dispatch",
      head_branch: branch,
      head_sha: sha,
      head_repository: { id: repository.id, full_name: repository.full_name, fork: false },
      run_number: repository.runs.length + 1,
      display_title: workflow.name,
      actor: token.permissions === undefined ? "person" : "github-actions[bot]",
      inputs: inputs ?? {},
      run_attempt: 1,
      status: "queued",
      conclusion: null,
    };
    repository.runs.push(run);
    tick(world);
    if (return_run_details !== true) return nothing(204);
    const url = `https://api.github.com/repos/${repository.full_name}/actions/runs/${run.id}`;
    return ok({ workflow_run_id: run.id, run_url: url, html_url: url.replace("api.", "").replace("/repos", "") });
  },
};

interface InRepository {
  readonly repository: Repository;
  readonly asked: { readonly path: Readonly<Record<string, string>> };
}

function runOf({ repository, asked }: InRepository): Run | undefined {
  return repository.runs.find(({ id }) => id === Number(asked.path.run_id));
}

/** By its number or by the name of its file. */
function workflowOf({ workflows }: Repository, wanted: string) {
  return workflows.find(({ path }, at) => String(at + 1) === wanted || path.endsWith(`/${wanted}`));
}

function passes(run: Run, query: Readonly<Record<string, string>>): boolean {
  const { branch, event, status, head_sha, actor } = query;
  return (
    (branch === undefined || run.head_branch === branch) &&
    (event === undefined || run.event === event) &&
    (status === undefined || run.status === status || run.conclusion === status) &&
    (head_sha === undefined || run.head_sha === head_sha) &&
    (actor === undefined || run.actor === actor)
  );
}

function shown(repository: Repository, run: Run): Json {
  const workflow = workflowOf(repository, run.path.split("/").at(-1)!);
  const [owner] = run.head_repository.full_name.split("/") as [string];
  return {
    id: run.id,
    name: workflow?.name ?? run.display_title,
    display_title: run.display_title,
    path: run.path,
    workflow_id: workflow === undefined ? 0 : repository.workflows.indexOf(workflow) + 1,
    event: run.event,
    head_branch: run.head_branch,
    head_sha: run.head_sha,
    run_number: run.run_number,
    run_attempt: run.run_attempt,
    status: run.status,
    conclusion: run.conclusion,
    actor: person(run.actor),
    triggering_actor: person(run.actor),
    head_repository: { ...run.head_repository, owner: person(owner) },
    repository: { id: repository.id, full_name: repository.full_name, fork: false },
    html_url: `https://github.com/${repository.full_name}/actions/runs/${run.id}`,
    pull_requests: [],
  };
}

function artifactOf(repository: Repository, artifact: Artifact): Json {
  const run = repository.runs.find(({ id }) => id === artifact.run)!;
  return {
    id: artifact.id,
    name: artifact.name,
    size_in_bytes: artifact.zip.length,
    expired: artifact.expired,
    created_at: artifact.created_at,
    expires_at: artifact.expires_at ?? new Date(Date.parse(artifact.created_at) + 90 * 86_400_000).toISOString(),
    archive_download_url: `https://api.github.com/repos/${repository.full_name}/actions/artifacts/${artifact.id}/zip`,
    workflow_run: {
      id: run.id,
      repository_id: repository.id,
      head_repository_id: run.head_repository.id,
      head_branch: run.head_branch,
      head_sha: run.head_sha,
    },
  };
}
