/** What the files need on GitHub and cannot bring along: environments, reviewers, roles, secrets, one required check. */

import type { Delivery } from "../../../model/delivery.ts";
import { secretsRead } from "../../../model/job-values.ts";
import { approvalEnvironment } from "./names.ts";
import { needsAws } from "./native-steps.ts";
import type { WriteOptions } from "./options.ts";

export interface Setting {
  /** One sentence. */
  readonly why: string;
  /** A command line for `gh`, to be run in the repository. What stands in `<…>` has to be filled in. */
  readonly command: string;
}

const api = "repos/{owner}/{repo}";

export function settingsFor(delivery: Delivery, options: WriteOptions): Setting[] {
  const settings: Setting[] = [];
  const jobs = delivery.pipelines.flatMap((pipeline) => Object.values(pipeline.jobs).map((job) => ({ pipeline, job })));
  const aws = jobs.some(({ job }) => needsAws(job));
  for (const { name, approval, branch } of delivery.environments) {
    const named = branch !== undefined && /^[\w./-]+$/.test(branch) ? branch : undefined;
    settings.push({
      why: `The environment ${name}, open to ${branch === undefined ? "protected branches" : `the branch ${branch}`} only`,
      command:
        branch === undefined
          ? `gh api -X PUT ${api}/environments/${name} -F 'deployment_branch_policy[protected_branches]=true' -F 'deployment_branch_policy[custom_branch_policies]=false'`
          : `gh api -X PUT ${api}/environments/${name} -F 'deployment_branch_policy[protected_branches]=false' -F 'deployment_branch_policy[custom_branch_policies]=true'`,
    });
    if (branch !== undefined) {
      settings.push({
        why: `${named === undefined ? "Branches like " : "The branch "}${branch} may deploy to ${name}`,
        command: `gh api -X POST ${api}/environments/${name}/deployment-branch-policies -f name='${branch}'`,
      });
    }
    if (approval !== undefined) {
      const who = approval.reviewers.length === 0 ? ["<team>"] : approval.reviewers;
      settings.push({
        why: `Who approves ${name}: ${who.join(", ")} (asked before the lock is taken, so in an environment of its own)`,
        command: `gh api -X PUT ${api}/environments/${approvalEnvironment(name)} --input - <<< "{\\"reviewers\\": [${who
          .map((reviewer) => `{\\"type\\": \\"Team\\", \\"id\\": $(gh api "orgs/{owner}/teams/${reviewer}" --jq .id)}`)
          .join(", ")}]}"`,
      });
    }
    if (aws) {
      settings.push(
        {
          why: `The role that jobs in ${name} take on by OIDC; its trust policy names repo:<owner>/<repo>:environment:${name}`,
          command: `gh variable set AWS_ROLE_ARN --env ${name} --body '<arn of the role>'`,
        },
        { why: `The region of ${name}`, command: `gh variable set AWS_REGION --env ${name} --body '<region>'` },
      );
    }
  }
  const secrets = [...new Set(jobs.flatMap(({ job, pipeline }) => secretsRead(pipeline, job)))].sort();
  for (const secret of secrets) {
    settings.push({
      why: `The secret ${secret}, for each environment that has its own with --env`,
      command: `gh secret set ${secret}`,
    });
  }
  if (options.layout === "orchestrated") {
    settings.push({
      why: "The one check that pull requests must pass; it reports always",
      command: `gh api -X POST ${api}/rulesets --input - <<< '${JSON.stringify(requiredCheck(delivery))}'`,
    });
  }
  return settings;
}

function requiredCheck({ name }: Delivery): object {
  return {
    name,
    target: "branch",
    enforcement: "active",
    conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
    rules: [
      {
        type: "required_status_checks",
        parameters: { strict_required_status_checks_policy: false, required_status_checks: [{ context: "Summary" }] },
      },
    ],
  };
}
