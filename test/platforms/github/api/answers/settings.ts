/** What people set: environments with their policies, variables and secrets, rulesets, subjects of OIDC. */

import type { Json } from "../description.ts";
import { type EnvironmentSettings, newId, type Repository } from "../world.ts";
import { type Answer, type Answers, type Call, notFound, nothing, ok, page, person, refused } from "./answer.ts";

export const settingAnswers: Answers = {
  "GET /meta": ({ world }) =>
    ok({ verifiable_password_authentication: false, ...(world.server && { installed_version: world.server }) }),
  "GET /user": () => ok({ login: "person", id: 1 }),
  "GET /users/{username}": ({ world, asked }) => {
    const id = world.users.get(asked.path.username!);
    return id === undefined ? notFound : ok({ login: asked.path.username!, id });
  },
  "GET /orgs/{org}/teams/{team_slug}": ({ world, asked }) => {
    const slug = asked.path.team_slug!;
    const id = world.teams.get(`${asked.path.org}/${slug}`);
    return id === undefined ? notFound : ok({ id, slug, name: slug });
  },
  "GET /rate_limit": ({ world }) => {
    const core = { limit: world.limit, used: world.used, remaining: world.limit - world.used, reset: 4_000_000_000 };
    return ok({ resources: { core }, rate: core });
  },
  "GET /repos/{owner}/{repo}/environments": (call) =>
    page(
      call,
      [...call.repository.environments].map(([name, one]) => environment(name, one)),
      "environments",
    ),
  "GET /repos/{owner}/{repo}/environments/{environment_name}": withEnvironment((one, { asked }) =>
    ok(environment(asked.path.environment_name!, one)),
  ),
  "PUT /repos/{owner}/{repo}/environments/{environment_name}": ({ world, repository, asked }) => {
    const name = asked.path.environment_name!.toLowerCase();
    const body = (asked.body ?? {}) as {
      wait_timer?: number;
      prevent_self_review?: boolean;
      reviewers?: { type: "User" | "Team"; id: number }[] | null;
      deployment_branch_policy?: EnvironmentSettings["deployment_branch_policy"];
    };
    const policy = body.deployment_branch_policy;
    if (policy && policy.protected_branches === policy.custom_branch_policies) {
      return refused("protected_branches and custom_branch_policies cannot have the same value");
    }
    const reviewers = (body.reviewers ?? []).map(({ type, id }) => {
      const known = type === "Team" ? world.teams : world.users;
      const slug = [...known]
        .find(([, one]) => one === id)?.[0]
        .split("/")
        .at(-1);
      return slug === undefined ? undefined : { type, id, slug };
    });
    if (reviewers.includes(undefined)) return refused("Reviewer must have at least read access to the repository");
    if (reviewers.length > 6) return refused("Too many reviewers: the most is 6");
    const before = repository.environments.get(name);
    // What is not named is taken back to its default, policies by name aside: this call replaces.
    const made: EnvironmentSettings = {
      id: before?.id ?? newId(world),
      wait_timer: body.wait_timer ?? 0,
      prevent_self_review: body.prevent_self_review ?? false,
      reviewers: reviewers as EnvironmentSettings["reviewers"],
      deployment_branch_policy: policy ?? null,
      policies: policy?.custom_branch_policies ? (before?.policies ?? []) : [],
      customRules: before?.customRules ?? [],
      variables: before?.variables ?? new Map(),
      secrets: before?.secrets ?? new Set(),
    };
    repository.environments.set(name, made);
    return ok(environment(name, made));
  },
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}": ({ repository, asked }) =>
    repository.environments.delete(asked.path.environment_name!.toLowerCase()) ? nothing(204) : notFound,
  "GET /repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules": withEnvironment(
    ({ customRules = [] }) =>
      ok({
        total_count: customRules.length,
        custom_deployment_protection_rules: customRules.map((slug, at) => ({
          id: at + 1,
          node_id: `rule-${at + 1}`,
          enabled: true,
          app: { id: at + 1, slug, integration_url: `https://api.github.com/apps/${slug}`, node_id: `app-${at + 1}` },
        })),
      }),
  ),
  "GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies": withEnvironment((one, call) =>
    page(
      call,
      one.policies.map((policy) => ({ ...policy })),
      "branch_policies",
    ),
  ),
  "POST /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies": withEnvironment(
    ({ deployment_branch_policy, policies }, { world, asked }) => {
      if (!deployment_branch_policy?.custom_branch_policies) return { status: 404 };
      const { name, type = "branch" } = asked.body as { name: string; type?: "branch" | "tag" };
      if (policies.some((one) => one.name === name && one.type === type)) return { status: 303 };
      const made = { id: newId(world), name, type };
      policies.push(made);
      return ok(made);
    },
  ),
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}":
    withEnvironment(({ policies }, { asked }) => {
      const at = policies.findIndex(({ id }) => id === Number(asked.path.branch_policy_id));
      if (at < 0) return notFound;
      policies.splice(at, 1);
      return nothing(204);
    }),
  "GET /repos/{owner}/{repo}/environments/{environment_name}/variables": withEnvironment(({ variables }, call) =>
    page(call, variablesOf(variables), "variables"),
  ),
  "POST /repos/{owner}/{repo}/environments/{environment_name}/variables": withEnvironment(({ variables }, { asked }) =>
    newVariable(variables, asked.body),
  ),
  "PATCH /repos/{owner}/{repo}/environments/{environment_name}/variables/{name}": withEnvironment(
    ({ variables }, { asked }) => changeVariable(variables, asked.path.name!, asked.body),
  ),
  "GET /repos/{owner}/{repo}/environments/{environment_name}/secrets": withEnvironment(({ secrets }, call) =>
    page(call, secretsOf(secrets), "secrets"),
  ),
  "GET /repos/{owner}/{repo}/environments/{environment_name}/secrets/public-key": () => ok(publicKey),
  "PUT /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}": withEnvironment(
    ({ secrets }, { asked }) => {
      secrets.add(asked.path.secret_name!);
      return { status: 201, body: {} };
    },
  ),
  "GET /repos/{owner}/{repo}/actions/variables": (call) =>
    page(call, variablesOf(call.repository.variables), "variables"),
  "POST /repos/{owner}/{repo}/actions/variables": ({ repository, asked }) =>
    newVariable(repository.variables, asked.body),
  "PATCH /repos/{owner}/{repo}/actions/variables/{name}": ({ repository, asked }) =>
    changeVariable(repository.variables, asked.path.name!, asked.body),
  "GET /repos/{owner}/{repo}/actions/secrets": (call) => page(call, secretsOf(call.repository.secrets), "secrets"),
  "GET /repos/{owner}/{repo}/actions/secrets/public-key": () => ok(publicKey),
  "PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}": ({ repository, asked }) => {
    repository.secrets.add(asked.path.secret_name!);
    return { status: 201, body: {} };
  },
  "GET /repos/{owner}/{repo}/actions/oidc/customization/sub": ({ repository }) => {
    const { owner, id, full_name, oidc } = repository;
    const name = full_name.split("/")[1]!;
    const sub_claim_prefix = oidc.use_immutable_subject
      ? `repo:${owner.login}@${owner.id}/${name}@${id}`
      : `repo:${full_name}`;
    return ok({ ...oidc, sub_claim_prefix });
  },
  "PUT /repos/{owner}/{repo}/actions/oidc/customization/sub": ({ repository, asked }) => {
    const body = asked.body as Partial<Repository["oidc"]> & { use_default: boolean };
    repository.oidc = { use_immutable_subject: repository.oidc.use_immutable_subject, ...body };
    return { status: 201, body: {} };
  },
  "GET /repos/{owner}/{repo}/actions/permissions/workflow": ({ repository }) =>
    ok({
      default_workflow_permissions: repository.default_workflow_permissions,
      can_approve_pull_request_reviews: false,
    }),
  // The list names rules of no ruleset: they are asked for one by one.
  "GET /repos/{owner}/{repo}/rulesets": (call) =>
    page(
      call,
      call.repository.rulesets.map(({ rules: _, conditions: __, ...one }) => one),
    ),
  "POST /repos/{owner}/{repo}/rulesets": ({ world, repository, asked }) => {
    const body = asked.body as { [field: string]: Json };
    if (repository.rulesets.some(({ name }) => name === body.name)) {
      return refused("Validation Failed: Name must be unique");
    }
    const made = ruleset(repository, newId(world), body);
    repository.rulesets.push(made);
    return { status: 201, body: made };
  },
  "GET /repos/{owner}/{repo}/rulesets/{ruleset_id}": ({ repository, asked }) => {
    const found = repository.rulesets.find(({ id }) => id === Number(asked.path.ruleset_id));
    return found === undefined ? notFound : ok(found);
  },
  "PUT /repos/{owner}/{repo}/rulesets/{ruleset_id}": ({ repository, asked }) => {
    const at = repository.rulesets.findIndex(({ id }) => id === Number(asked.path.ruleset_id));
    if (at < 0) return notFound;
    const { id, name = null, enforcement = null } = repository.rulesets[at]!;
    // Whether a part that is left out stays, the description does not say: here it does not.
    repository.rulesets[at] = ruleset(repository, id, { name, enforcement, ...(asked.body as object) });
    return ok(repository.rulesets[at]);
  },
};

/** A key of the right length, to which nobody has the other half. */
const publicKey = { key_id: "1", key: Buffer.alloc(32, 9).toString("base64") };

function withEnvironment(answer: (one: EnvironmentSettings, call: Call) => Answer): (call: Call) => Answer {
  return (call) => {
    const found = call.repository.environments.get(call.asked.path.environment_name!.toLowerCase());
    return found === undefined ? notFound : answer(found, call);
  };
}

function environment(name: string, one: EnvironmentSettings): Json {
  const { wait_timer, reviewers, prevent_self_review, deployment_branch_policy } = one;
  const rules: Json[] = [];
  if (wait_timer > 0) rules.push({ type: "wait_timer", wait_timer });
  if (reviewers.length > 0) {
    const asked = reviewers.map(({ type, id, slug }) => ({
      type,
      reviewer: type === "Team" ? { id, slug, name: slug } : { ...(person(slug) as object), id },
    }));
    rules.push({ type: "required_reviewers", prevent_self_review, reviewers: asked });
  }
  if (deployment_branch_policy !== null) rules.push({ type: "branch_policy" });
  return { id: one.id, name, protection_rules: rules, deployment_branch_policy };
}

function ruleset(repository: Repository, id: number, body: { readonly [field: string]: Json }) {
  return { target: "branch", bypass_actors: [], ...body, id, source_type: "Repository", source: repository.full_name };
}

function variablesOf(variables: ReadonlyMap<string, string>): Json[] {
  return [...variables].map(([name, value]) => ({ name, value }));
}

function secretsOf(secrets: ReadonlySet<string>): Json[] {
  return [...secrets].map((name) => ({ name }));
}

function newVariable(variables: Map<string, string>, body: Json): Answer {
  const { name, value } = body as { name: string; value: string };
  if (variables.has(name)) return { status: 409, body: { message: "Already exists - Variable already exists" } };
  variables.set(name, value);
  return { status: 201, body: {} };
}

function changeVariable(variables: Map<string, string>, name: string, body: Json): Answer {
  if (!variables.has(name)) return notFound;
  variables.set(name, (body as { value: string }).value);
  return nothing(204);
}
