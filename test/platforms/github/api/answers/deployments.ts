/** Deployments and their statuses, attestations, comments, and what git says. */

import type { Json } from "../description.ts";
import { type Deployment, newId, type PullRequest, type Repository, tick } from "../world.ts";
import { type Answers, notFound, ok, page, person, refused } from "./answer.ts";

export const deploymentAnswers: Answers = {
  "GET /repos/{owner}/{repo}/pulls": (call) => {
    const { state = "open" } = call.asked.query;
    const found = call.repository.pulls.filter((one) => state === "all" || one.state === state);
    return page(
      call,
      found.map((one) => pullOf(call.repository, one)),
    );
  },
  "GET /repos/{owner}/{repo}/pulls/{pull_number}": ({ repository, asked }) => {
    const found = repository.pulls.find(({ number }) => number === Number(asked.path.pull_number));
    return found === undefined ? notFound : ok(pullOf(repository, found));
  },
  "GET /repos/{owner}/{repo}/deployments": (call) => {
    const { sha, ref, task, environment } = call.asked.query;
    const found = call.repository.deployments.filter(
      (one) =>
        (sha === undefined || one.sha === sha) &&
        (ref === undefined || one.ref === ref) &&
        (task === undefined || one.task === task) &&
        // Names of environments do not differ by case.
        (environment === undefined || one.environment.toLowerCase() === environment.toLowerCase()),
    );
    return page(call, found.map(shown));
  },
  "POST /repos/{owner}/{repo}/deployments": ({ world, repository, asked, token }) => {
    const body = asked.body as { [field: string]: Json };
    const ref = body.ref as string;
    const sha = repository.branches.get(ref) ?? (/^[0-9a-f]{40}$/.test(ref) ? ref : undefined);
    if (sha === undefined) return { status: 422, body: { message: `No ref found for: ${ref}` } };
    const isRunning = repository.runs.some(({ head_sha, status }) => head_sha === sha && status !== "completed");
    if (body.required_contexts === undefined && isRunning) {
      return { status: 409, body: { message: "Conflict: Commit status checks failed for this ref." } };
    }
    const deployment: Deployment = {
      id: newId(world),
      sha,
      ref,
      task: (body.task as string) ?? "deploy",
      environment: (body.environment as string) ?? "production",
      description: (body.description as string) ?? null,
      payload: body.payload ?? "",
      creator: token.permissions === undefined ? "person" : "github-actions[bot]",
      created_at: tick(world),
      statuses: [],
    };
    repository.deployments.push(deployment);
    return { status: 201, body: shown(deployment) };
  },
  "GET /repos/{owner}/{repo}/deployments/{deployment_id}": ({ repository, asked }) => {
    const found = repository.deployments.find(({ id }) => id === Number(asked.path.deployment_id));
    return found === undefined ? notFound : ok(shown(found));
  },
  "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses": (call) => {
    const found = call.repository.deployments.find(({ id }) => id === Number(call.asked.path.deployment_id));
    return found === undefined ? notFound : page(call, found.statuses);
  },
  "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses": ({ world, repository, asked }) => {
    const found = repository.deployments.find(({ id }) => id === Number(asked.path.deployment_id));
    if (found === undefined) return notFound;
    const { auto_inactive = true, ...body } = asked.body as { [field: string]: Json };
    const status = {
      ...body,
      id: newId(world),
      state: body.state as string,
      description: body.description ?? "",
      environment: body.environment ?? found.environment,
      created_at: tick(world),
    };
    found.statuses.push(status);
    if (auto_inactive && status.state === "success") {
      for (const other of repository.deployments) {
        const isOlder = other !== found && other.environment === found.environment;
        if (isOlder && other.statuses.at(-1)?.state === "success") {
          other.statuses.push({ id: newId(world), state: "inactive", description: "", created_at: tick(world) });
        }
      }
    }
    return { status: 201, body: status };
  },
  "POST /repos/{owner}/{repo}/statuses/{sha}": ({ world, repository, asked }) => {
    const sha = asked.path.sha!;
    // GitHub knows the commits that were pushed.
    if (![...repository.branches.values()].includes(sha)) return refused(`No commit found for SHA: ${sha}`);
    const body = asked.body as { [field: string]: Json };
    const state = body.state as string;
    const status = { context: "default", ...body, id: newId(world), sha, state, created_at: tick(world) };
    repository.statuses.push({ ...status, context: status.context as string });
    const { sha: _, ...shown } = status;
    return { status: 201, body: shown };
  },
  "GET /repos/{owner}/{repo}/commits/{ref}/statuses": (call) => {
    const { ref } = call.asked.path;
    const found = call.repository.statuses.filter(({ sha }) => sha === (call.repository.branches.get(ref!) ?? ref));
    return page(call, found.map(({ sha: _, ...status }) => status).reverse());
  },
  "GET /repos/{owner}/{repo}/attestations/{subject_digest}": ({ repository, asked }) => {
    const { predicate_type } = asked.query;
    const found = repository.attestations.filter(
      ({ digest, predicateType }) =>
        digest === asked.path.subject_digest && (predicate_type === undefined || predicateType === predicate_type),
    );
    if (found.length === 0) return notFound;
    return ok({
      attestations: found.map((one) => ({
        repository_id: repository.id,
        bundle: {
          mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
          // Where a certificate stands. What it says is laid open: nobody signs anything here.
          verificationMaterial: { ...one },
          dsseEnvelope: {},
        },
      })),
    });
  },
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": (call) => {
    const found = call.repository.comments.filter((one) => one.issue_number === Number(call.asked.path.issue_number));
    return page(call, found.map(comment));
  },
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": ({ world, repository, asked }) => {
    const { body } = asked.body as { body: string };
    const made = { id: newId(world), issue_number: Number(asked.path.issue_number), body, by: "github-actions[bot]" };
    repository.comments.push(made);
    return { status: 201, body: comment(made) };
  },
  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}": ({ repository, asked }) => {
    const found = repository.comments.find(({ id }) => id === Number(asked.path.comment_id));
    if (found === undefined) return notFound;
    found.body = (asked.body as { body: string }).body;
    return ok(comment(found));
  },
  "GET /repos/{owner}/{repo}": ({ repository }) =>
    ok({
      id: repository.id,
      name: repository.full_name.split("/")[1]!,
      full_name: repository.full_name,
      owner: { ...repository.owner },
      private: repository.private,
      fork: false,
      default_branch: repository.default_branch,
    }),
  "GET /repos/{owner}/{repo}/branches/{branch}": ({ repository, asked }) => {
    const name = asked.path.branch!;
    const sha = repository.branches.get(name);
    if (sha === undefined) return { status: 404, body: { message: "Branch not found" } };
    return ok({ name, commit: { sha }, protected: repository.protectedBranches.has(name) });
  },
  "GET /repos/{owner}/{repo}/commits/{ref}": ({ repository, asked }) => {
    const ref = asked.path.ref!;
    const sha = repository.branches.get(ref) ?? (/^[0-9a-f]{40}$/.test(ref) ? ref : undefined);
    return sha === undefined ? { status: 422, body: { message: `No commit found for SHA: ${ref}` } } : ok({ sha });
  },
};

function pullOf({ full_name }: Repository, { number, state, head, base, branch, fork }: PullRequest): Json {
  return {
    number,
    state,
    head: { ref: branch, sha: head, repo: { full_name: fork ?? full_name } },
    base: { ref: base },
  };
}

function shown({ statuses: _, creator, ...deployment }: Deployment): Json {
  return { ...deployment, creator: person(creator) };
}

function comment({ id, body, by }: { id: number; body: string; by: string }): Json {
  return { id, body, user: person(by) };
}
