/** The settings as command lines of `gh`, to be run in the repository. */

import type { PlatformSetting } from "../../writer.ts";
import { actionsAppId, type NeededEnvironment, type NeededSettings } from "./needed.ts";

export const api = "repos/{owner}/{repo}";

/** Someone who may approve, as GitHub knows them. */
export interface Reviewer {
  readonly type: "Team" | "User";
  /** A number, or a part of a command line that finds it. */
  readonly id: number | string;
}

export function settingCommands(needed: NeededSettings): PlatformSetting[] {
  const { name, environments, variables, secrets, requiredCheck } = needed;
  const settings = environments.flatMap((environment) => environmentCommands(environment));
  for (const [variable, holds] of Object.entries(variables)) {
    settings.push({ why: repositoryVariableMeaning(variable), command: setVariable(variable, holds) });
  }
  for (const secret of secrets) {
    settings.push({
      why: `The secret ${secret}, for each environment that has its own with --env`,
      command: `gh secret set ${secret}`,
    });
  }
  if (requiredCheck !== undefined) {
    settings.push({
      why: "The one check that pull requests must pass; it reports always, and only GitHub Actions can report it",
      command: `gh api -X POST ${api}/rulesets --input - <<< '${JSON.stringify(ruleset(name, requiredCheck))}'`,
    });
  }
  return settings;
}

function environmentCommands(environment: NeededEnvironment): PlatformSetting[] {
  const { name, reviewers, branches, variables } = environment;
  const isPreview = branches === "any";
  const named = isPreview ? [] : (branches?.map(({ branch }) => branch) ?? ["the default branch"]);
  const asks = reviewers === undefined ? "" : `; ${(reviewers.length > 0 ? reviewers : ["<team>"]).join(", ")} approve`;
  const teams = reviewers?.length === 0 ? ["<team>"] : (reviewers ?? []);
  const found = teams.map((team): Reviewer => ({ type: "Team", id: `$(gh api orgs/{owner}/teams/${team} --jq .id)` }));
  return [
    {
      why: isPreview
        ? `The environment ${name}, open to every branch: whoever may push one has what it holds`
        : `The environment ${name}, open to ${named.join(", ")} only${asks}`,
      command: putEnvironment(environment, found),
    },
    ...policyCommands(environment, "$(gh api repos/{owner}/{repo} --jq .default_branch)"),
    ...Object.entries(variables).map(([variable, holds]) => ({
      why: variableMeaning(variable, environment),
      command: `gh variable set ${variable} --env ${name} --body '${holds}'`,
    })),
  ];
}

/** What people have set for an environment, beyond what the definition says. */
export interface KeptSettings {
  readonly reviewers: readonly Reviewer[];
  readonly preventsSelfReview: boolean;
  readonly waitMinutes: number;
}

/** The call replaces what the environment is: what is to stay has to be said again. */
export function putEnvironment(
  { name, reviewers, branches }: NeededEnvironment,
  found: readonly Reviewer[],
  kept?: KeptSettings,
): string {
  const asked = reviewers === undefined ? (kept?.reviewers ?? []) : found;
  const who = asked.map(({ type, id }) => `{"type": "${type}", "id": ${id}}`).join(", ");
  const prevents = reviewers !== undefined || kept?.preventsSelfReview === true;
  const fields = [
    branches === "any"
      ? '"deployment_branch_policy": null'
      : '"deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}',
    ...(prevents ? ['"prevent_self_review": true'] : []),
    ...(asked.length > 0 ? [`"reviewers": [${who}]`] : []),
    ...(kept && kept.waitMinutes > 0 ? [`"wait_timer": ${kept.waitMinutes}`] : []),
  ];
  const body = `{${fields.join(", ")}}`;
  // A number stands as it is; what finds it has to be carried out by the shell.
  const isPlain = asked.every(({ id }) => typeof id === "number");
  const quoted = isPlain ? `'${body}'` : `"${body.replaceAll('"', '\\"')}"`;
  return `gh api -X PUT ${api}/environments/${name} --input - <<< ${quoted}`;
}

/** `fallback` names the default branch, as a name or as a command that finds it. */
export function policyCommands({ name, branches }: NeededEnvironment, fallback: string): PlatformSetting[] {
  const add = (pattern: string) =>
    `gh api -X POST ${api}/environments/${name}/deployment-branch-policies -f name=${pattern}`;
  if (branches === "any") return [];
  if (branches === undefined)
    return [{ why: `The default branch may deploy to ${name}`, command: add(`"${fallback}"`) }];
  return branches.map(({ branch, pattern }) => ({
    why:
      pattern === undefined
        ? `${branch} cannot be said as one policy: add one for each branch that may deploy to ${name}`
        : `${pattern === branch && !/[*[]/.test(branch) ? "The branch" : "Branches like"} ${branch} may deploy to ${name}`,
    command: add(pattern === undefined ? "'<branch>'" : `'${pattern}'`),
  }));
}

/** Variables that name who a job is to a cloud, and those that say where. */
const identities: Readonly<Record<string, string>> = {
  AWS_ROLE_ARN: "The role",
  GOOGLE_SERVICE_ACCOUNT: "The service account",
  AZURE_CLIENT_ID: "The application",
};
const places: Readonly<Record<string, string>> = {
  AWS_REGION: "The region",
  GOOGLE_WORKLOAD_IDENTITY_PROVIDER: "The workload identity provider",
  AZURE_TENANT_ID: "The tenant",
  AZURE_SUBSCRIPTION_ID: "The subscription",
};

export function variableMeaning(variable: string, { name }: Pick<NeededEnvironment, "name">): string {
  const kind = identities[variable];
  return kind === undefined
    ? `${places[variable] ?? variable} of ${name}`
    : `${kind} that jobs in ${name} take on by OIDC; whom it has to trust: baton doctor --on github`;
}

export const setVariable = (variable: string, holds: string) => `gh variable set ${variable} --body '${holds}'`;

/** Builds of pull requests get it too, unless they come from a fork. */
export function repositoryVariableMeaning(variable: string): string {
  const kind = identities[variable];
  return kind === undefined
    ? `${places[variable] ?? variable} of per-release jobs`
    : `${kind} that per-release jobs take on by OIDC, of pull requests too: one that may build and not deploy`;
}

/** Parts of a ruleset that its call replaces; GitHub adds others to what it answers. */
const rulesetParts = ["name", "target", "enforcement", "conditions", "bypass_actors", "rules"];

/**
 * Lets a ruleset ask for `check`, of GitHub Actions, in place of `former`. The call replaces what the ruleset is, and people add to
 * it, so it is read again when this is carried out, and an answer without all of it is not written back.
 */
export function renameCheck(ruleset: number, { former, check }: { former: string; check: string }): string {
  const path = `${api}/rulesets/${ruleset}`;
  const ours = JSON.stringify({ context: check, integration_id: actionsAppId });
  const parts = rulesetParts.map((part) => `.${part}`).join(", ");
  const change = [
    `if [${parts}] | all(. != null) then . else error("not all of the ruleset was answered; who may bypass it, only those are told who may change it") end`,
    `{${rulesetParts.join(", ")}}`,
    `(.rules[] | select(.type == "required_status_checks") | .parameters.required_status_checks[] | select(.context == ${JSON.stringify(former)})) = ${ours}`,
  ].join(" | ");
  return `there=$(gh api ${path} --jq '${change}') && gh api -X PUT ${path} --input - <<< "$there"`;
}

export function ruleset(name: string, check: string) {
  return {
    name,
    target: "branch",
    enforcement: "active",
    conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
    rules: [
      {
        type: "required_status_checks",
        parameters: {
          strict_required_status_checks_policy: false,
          required_status_checks: [{ context: check, integration_id: actionsAppId }],
        },
      },
    ],
  };
}
