/** The settings as Terraform, for who keeps settings as code: provider `integrations/github`. */

import { actionsAppId, type NeededEnvironment, type NeededSettings } from "./needed.ts";

/** Where it goes in the repository. */
export const terraformFile = (delivery: string) => `.github/settings/${delivery}.tf`;

/** `head` are the comment lines that every written file begins with. */
export function settingsTerraform(needed: NeededSettings, head: readonly string[]): string {
  const reviewers = [...new Set(needed.environments.flatMap((one) => one.reviewers ?? []))].sort();
  const variables = needed.environments.flatMap(({ name, variables }) =>
    Object.entries(variables).map(([variable, holds]) => ({ environment: name, variable, holds })),
  );
  const isOpen = needed.environments.some(({ branches }) => branches === undefined);
  const asksNobody = needed.environments.some(({ reviewers: asked }) => asked?.length === 0);
  const blocks = [
    `terraform {
  required_version = ">= 1.5"
  required_providers {
    github = {
      source  = "integrations/github"
      version = "~> 6.6"
    }
  }
}`,
    variable("repository", "Name of the repository, without its owner"),
    ...(asksNobody ? [variable("reviewers", "Teams that approve, by slug", "list(string)")] : []),
    ...variables.map(({ environment, variable: name, holds }) =>
      variable(id(environment, name), `${name} of ${environment}: ${holds.replaceAll(/[<>]/g, "")}`),
    ),
    ...Object.entries(needed.variables).map(([name, holds]) =>
      variable(id(name), `${name} of per-release jobs: ${holds.replaceAll(/[<>]/g, "")}`),
    ),
    ...(isOpen ? [`data "github_repository" "this" {\n  name = var.repository\n}`] : []),
    ...reviewers.map((team) => `data "github_team" "${id(team)}" {\n  slug = ${text(team)}\n}`),
    ...(asksNobody
      ? [`data "github_team" "reviewers" {\n  for_each = toset(var.reviewers)\n  slug     = each.value\n}`]
      : []),
    ...needed.environments.flatMap(environmentBlocks),
    ...variables.map(
      ({ environment, variable: name }) => `resource "github_actions_environment_variable" "${id(environment, name)}" {
  repository    = var.repository
  environment   = github_repository_environment.${id(environment)}.environment
  variable_name = ${text(name)}
  value         = var.${id(environment, name)}
}`,
    ),
    ...Object.keys(needed.variables).map(
      (name) => `resource "github_actions_variable" "${id(name)}" {
  repository    = var.repository
  variable_name = ${text(name)}
  value         = var.${id(name)}
}`,
    ),
    ...(needed.requiredCheck === undefined ? [] : [requiredCheck(needed.name, needed.requiredCheck)]),
  ];
  return `${head.map((line) => `# ${line}\n`).join("")}\n${blocks.join("\n\n")}\n`;
}

const restricted = `
  deployment_branch_policy {
    protected_branches     = false
    custom_branch_policies = true
  }
`;

function environmentBlocks({ name, branches, reviewers }: NeededEnvironment): string[] {
  const teams =
    reviewers?.length === 0
      ? "[for team in data.github_team.reviewers : team.id]"
      : `[${(reviewers ?? []).map((team) => `data.github_team.${id(team)}.id`).join(", ")}]`;
  const asks =
    reviewers === undefined ? "" : `\n  prevent_self_review = true\n\n  reviewers {\n    teams = ${teams}\n  }\n`;
  const named = asks === "" ? ["repository ", "environment"] : ["repository         ", "environment        "];
  const chosen = branches === "any" ? [] : branches;
  const policies = chosen?.map(({ branch, pattern }) => ({
    name: id(name, branch),
    pattern: pattern === undefined ? undefined : text(pattern),
    branch,
  })) ?? [{ name: id(name, "default"), pattern: "data.github_repository.this.default_branch", branch: "" }];
  return [
    `resource "github_repository_environment" "${id(name)}" {
  ${named[0]} = var.repository
  ${named[1]} = ${text(name)}${asks}${branches === "any" ? "" : restricted}}`,
    ...policies.map(({ name: policy, pattern, branch }) =>
      pattern === undefined
        ? `# ${branch} cannot be said as one policy: add one for each branch that may deploy to ${name}.`
        : `resource "github_repository_environment_deployment_policy" "${policy}" {
  repository     = var.repository
  environment    = github_repository_environment.${id(name)}.environment
  branch_pattern = ${pattern}
}`,
    ),
  ];
}

function requiredCheck(name: string, check: string): string {
  return `resource "github_repository_ruleset" "required_check" {
  repository  = var.repository
  name        = ${text(name)}
  target      = "branch"
  enforcement = "active"

  conditions {
    ref_name {
      include = ["~DEFAULT_BRANCH"]
      exclude = []
    }
  }

  rules {
    required_status_checks {
      # Reported by GitHub Actions and by no other app.
      required_check {
        context        = ${text(check)}
        integration_id = ${actionsAppId}
      }
    }
  }
}`;
}

function variable(name: string, description: string, type = "string"): string {
  return `variable "${name}" {\n  description = ${text(description)}\n  type        = ${type}\n}`;
}

/** Names of a delivery differ in more than letters, digits and hyphens: whatever else there is becomes its number. */
function id(...names: readonly string[]): string {
  const plain = names.map((name) =>
    name.replaceAll(/[^A-Za-z0-9-]/g, (one) => `_${one.codePointAt(0)!.toString(16)}_`),
  );
  return plain.map((name) => name.replace(/^(?=[^A-Za-z])/, "n")).join("_");
}

function text(value: string): string {
  const escaped = JSON.stringify(value);
  // Terraform has templates in its strings.
  return escaped.replaceAll("${", () => "$${").replaceAll("%{", "%%{");
}
