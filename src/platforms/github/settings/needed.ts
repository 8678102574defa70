/** What generated files need on GitHub and cannot bring along. One answer: printed as commands, written as Terraform, compared. */

import type { Delivery, Environment } from "../../../model/delivery.ts";
import { secretsRead } from "../../../model/job-values.ts";
import { type Cloud, cloudsOf, cloudVariables } from "../write/clouds.ts";
import { summaryName } from "../write/common-jobs.ts";
import { branchesInto } from "../write/delivery-data.ts";
import { approvalEnvironment } from "../write/names.ts";
import type { WriteOptions } from "../write/options.ts";
import { answersPullRequests } from "../write/orchestrated/entry.ts";
import { type BranchPattern, branchPolicy } from "./branch-policy.ts";

export interface NeededSettings {
  /** Of the delivery. */
  readonly name: string;
  readonly environments: readonly NeededEnvironment[];
  /** Of the repository, for jobs that run in no environment: names, with what they hold. */
  readonly variables: Readonly<Record<string, string>>;
  /** Any of them may stand in an environment, in the repository or in the organization. */
  readonly secrets: readonly string[];
  /** Whether jobs use environments without being deployments, which custom protection rules refuse. */
  readonly hasOtherJobs: boolean;
  /** The check that pull requests must pass, where the files have one that always reports. */
  readonly requiredCheck: string | undefined;
}

/** An environment of GitHub: one that is deployed to, or one that only asks its reviewers. */
export interface NeededEnvironment {
  readonly name: string;
  /**
   * Whose runs may use it; undefined: the default branch of the repository. "any": that of a preview, since whoever may push a branch
   * may open a pull request, whose runs have a ref of their own.
   */
  readonly branches: readonly BranchPattern[] | "any" | undefined;
  /** Teams or people; empty where the definition names nobody. Undefined: nobody is asked here. */
  readonly reviewers: readonly string[] | undefined;
  /** Names of variables, with what they hold. */
  readonly variables: Readonly<Record<string, string>>;
}

/** GitHub Actions as the one that reports a check: no other app can stand in for it. */
export const actionsAppId = 15368;

export function neededSettings(
  delivery: Delivery,
  { layout, deployments }: Pick<WriteOptions, "layout" | "deployments">,
): NeededSettings {
  const jobs = delivery.pipelines.flatMap((pipeline) => Object.values(pipeline.jobs).map((job) => ({ pipeline, job })));
  // A chain hands outputs on through Parameter Store, whatever its jobs use themselves.
  const keepsOutputs =
    layout === "chained" && delivery.pipelines.some(({ outputs }) => Object.keys(outputs).length > 0);
  const deployed = variablesOf([
    ...(keepsOutputs ? ["aws" as const] : []),
    ...jobs.flatMap(({ job }) => cloudsOf(job)),
  ]);
  const built = variablesOf(jobs.flatMap(({ job }) => (job.per === "release" ? cloudsOf(job) : [])));
  const secrets = new Set(jobs.flatMap(({ job, pipeline }) => secretsRead(pipeline, job)));
  return {
    name: delivery.name,
    environments: delivery.environments.flatMap((environment) => neededFor(environment, delivery, deployed)),
    variables: built,
    secrets: [...secrets].sort(),
    hasOtherJobs: deployments !== "each",
    // A check that is required and never reports holds every pull request back for ever.
    requiredCheck: layout !== "chained" && answersPullRequests(delivery) ? summaryName(delivery.name) : undefined,
  };
}

const variablesOf = (clouds: readonly Cloud[]): Record<string, string> =>
  Object.assign({}, ...[...new Set(clouds)].sort().map((cloud) => cloudVariables[cloud]));

function neededFor(
  environment: Environment,
  delivery: Delivery,
  variables: Readonly<Record<string, string>>,
): NeededEnvironment[] {
  const { name, approval } = environment;
  if (environment.preview) return [{ name, branches: "any", reviewers: undefined, variables }];
  const branches = branchesInto(delivery, name)?.map(branchPolicy);
  const deployed = { name, branches, reviewers: undefined, variables };
  if (approval === undefined) return [deployed];
  // Whoever may ask is bound to the branch as well: a request from another one would be a trap for who answers it.
  return [deployed, { name: approvalEnvironment(name), branches, reviewers: approval.reviewers, variables: {} }];
}
