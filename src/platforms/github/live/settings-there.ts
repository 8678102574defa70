/** What is set on GitHub now. Changes nothing. */

import type { Reviewer } from "../settings/commands.ts";
import type { FoundEnvironment, FoundSettings, MaybeUnknown, RequiredCheck } from "../settings/compare.ts";
import type { NeededSettings } from "../settings/needed.ts";
import type { SubjectCustomization } from "../settings/trust.ts";
import { type Ask, GithubProblem } from "./gh.ts";

interface EnvironmentAnswer {
  readonly protection_rules?: readonly {
    readonly type: string;
    readonly prevent_self_review?: boolean;
    readonly wait_timer?: number;
    readonly reviewers?: readonly { readonly type: "User" | "Team"; readonly reviewer?: { readonly id: number } }[];
  }[];
  readonly deployment_branch_policy?: { readonly custom_branch_policies: boolean } | null;
}

interface RulesAnswer {
  readonly custom_deployment_protection_rules?: readonly {
    readonly enabled: boolean;
    readonly app: { readonly slug: string };
  }[];
}

interface RulesetAnswer {
  readonly name: string;
  readonly source_type?: "Repository" | "Organization" | "Enterprise";
  readonly source: string;
  readonly conditions?: { readonly ref_name?: { readonly include?: readonly string[] } } | null;
  readonly rules?: readonly {
    readonly type: string;
    readonly parameters?: {
      readonly required_status_checks?: readonly { readonly context: string; readonly integration_id?: number }[];
    };
  }[];
}

/** @throws {GithubProblem} when the repository itself cannot be asked for. */
export async function settingsThere(repository: string, needed: NeededSettings, ask: Ask): Promise<FoundSettings> {
  const api = `repos/${repository}`;
  const [owner] = repository.split("/") as [string];
  const { default_branch: defaultBranch } = await ask.one<{ default_branch: string }>(api);
  const asked = new Set(needed.environments.flatMap(({ reviewers }) => reviewers ?? []));
  const [server, environments, reviewers, variables, secrets, requiredChecks, subject] = await Promise.all([
    answer(async () => (await ask.one<{ installed_version?: string }>("meta")).installed_version),
    answersFor(
      needed.environments.map(({ name }) => name),
      (name) => environmentThere(`${api}/environments/${encodeURIComponent(name)}`, ask),
    ),
    answersFor([...asked], (name) => reviewerThere(owner, name, ask)),
    answer(() => ask.lines(`${api}/actions/variables`, ".variables[].name")),
    answer(() => ask.lines(`${api}/actions/secrets`, ".secrets[].name")),
    answer(() => checksThere(api, defaultBranch, ask)),
    answer(() => ask.one<SubjectCustomization>(`${api}/actions/oidc/customization/sub`)),
  ]);
  return { repository, defaultBranch, server, environments, reviewers, variables, secrets, requiredChecks, subject };
}

async function answer<T>(question: () => Promise<T>): Promise<MaybeUnknown<T>> {
  try {
    return { is: await question() };
  } catch (error) {
    if (error instanceof GithubProblem) return { unknown: error.message };
    throw error;
  }
}

async function answersFor<T>(
  names: readonly string[],
  question: (name: string) => Promise<T>,
): Promise<Map<string, MaybeUnknown<T>>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await answer(() => question(name))] as const)));
}

/** Undefined where GitHub says that it has no such thing; every other error goes on. */
async function ifThere<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof GithubProblem && error.kind === "not-found") return undefined;
    throw error;
  }
}

async function environmentThere(path: string, ask: Ask): Promise<FoundEnvironment | undefined> {
  const found = await ifThere(ask.one<EnvironmentAnswer>(path));
  if (found === undefined) return undefined;
  const rule = found.protection_rules?.find(({ type }) => type === "required_reviewers");
  const policy = found.deployment_branch_policy;
  const [branches, customRules, variables, secrets] = await Promise.all([
    policy?.custom_branch_policies
      ? ask.lines(`${path}/deployment-branch-policies`, '.branch_policies[] | select(.type != "tag").name')
      : policy
        ? ("protected" as const)
        : ("any" as const),
    answer(async () => {
      const rules = await ask.one<RulesAnswer>(`${path}/deployment_protection_rules`);
      return (rules.custom_deployment_protection_rules ?? []).flatMap(({ enabled, app }) =>
        enabled ? [app.slug] : [],
      );
    }),
    answer(() => ask.lines(`${path}/variables`, ".variables[].name")),
    answer(() => ask.lines(`${path}/secrets`, ".secrets[].name")),
  ]);
  return {
    branches,
    reviewers: (rule?.reviewers ?? []).flatMap(({ type, reviewer }) => (reviewer ? [{ type, id: reviewer.id }] : [])),
    preventsSelfReview: rule?.prevent_self_review === true,
    customRules,
    waitMinutes: found.protection_rules?.find(({ type }) => type === "wait_timer")?.wait_timer ?? 0,
    variables,
    secrets,
  };
}

async function reviewerThere(owner: string, name: string, ask: Ask): Promise<Reviewer | undefined> {
  const team = await ifThere(ask.one<{ id: number }>(`orgs/${owner}/teams/${encodeURIComponent(name)}`));
  if (team !== undefined) return { type: "Team", id: team.id };
  const user = await ifThere(ask.one<{ id: number }>(`users/${encodeURIComponent(name)}`));
  return user && { type: "User", id: user.id };
}

async function checksThere(api: string, defaultBranch: string, ask: Ask): Promise<RequiredCheck[]> {
  const ids = await ask.lines(
    `${api}/rulesets`,
    '.[] | select(.enforcement == "active" and (.target // "branch") == "branch").id',
  );
  const all = await Promise.all(
    ids.map(async (id) => ({ id: Number(id), ...(await ask.one<RulesetAnswer>(`${api}/rulesets/${id}`)) })),
  );
  const own = ["~ALL", "~DEFAULT_BRANCH", `refs/heads/${defaultBranch}`];
  return all
    .filter(({ conditions }) => conditions?.ref_name?.include?.some((one) => own.includes(one)))
    .flatMap(({ id, name, source_type: kind, source, rules = [] }) =>
      rules
        .flatMap(({ type, parameters }) =>
          type === "required_status_checks" ? (parameters?.required_status_checks ?? []) : [],
        )
        .map(({ context, integration_id }) => ({
          check: context,
          app: integration_id,
          ruleset: id,
          rulesetName: name,
          owner: kind === "Organization" || kind === "Enterprise" ? source : undefined,
        })),
    );
}
