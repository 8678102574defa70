/** Where jobs sign in without keys: GitHub vouches for them by OIDC, and a cloud gives them rights for as long as they last. */

import { ecrArguments } from "../../../actions/docker.ts";
import type { Delivery, Job, Pipeline, Step } from "../../../model/delivery.ts";
import { secretsRead } from "../../../model/job-values.ts";
import { computed } from "./computed.ts";
import type { StepDocument } from "./document.ts";
import { pinnedActions } from "./pinned-actions.ts";

export type Cloud = "aws" | "google" | "azure";

/** What a cloud's sign-in reads of an environment, or of the repository for jobs that run in none. */
export const cloudVariables: Readonly<Record<Cloud, Readonly<Record<string, string>>>> = {
  aws: { AWS_ROLE_ARN: "<arn of the role>", AWS_REGION: "<region>" },
  google: {
    GOOGLE_WORKLOAD_IDENTITY_PROVIDER: "<projects/…/providers/…>",
    GOOGLE_SERVICE_ACCOUNT: "<name@project.iam.gserviceaccount.com>",
  },
  azure: {
    AZURE_CLIENT_ID: "<client id>",
    AZURE_TENANT_ID: "<tenant id>",
    AZURE_SUBSCRIPTION_ID: "<subscription id>",
  },
};

/** Whose variables these are. */
export function cloudsIn(variables: Readonly<Record<string, string>>): Cloud[] {
  return (Object.keys(cloudVariables) as Cloud[]).filter((cloud) =>
    Object.keys(cloudVariables[cloud]).every((name) => Object.hasOwn(variables, name)),
  );
}

/** By the command line that a job names among its tools. */
const clouds: readonly (readonly [tool: string, Cloud])[] = [
  ["aws", "aws"],
  ["gcloud", "google"],
  ["az", "azure"],
];

const awsKinds =
  /^(?:terraform\.(?:plan|apply|destroy)|s3\.|lambda\.|cloudfront\.|cloudformation\.|cdk\.deploy|parameter-store\.)/;

/**
 * The clouds that a job signs in to: those whose command line it names, and AWS where its steps are made from actions of AWS. What
 * Terraform changes nobody can tell, so it is AWS unless the job names another cloud.
 */
export function cloudsOf(job: Job): Cloud[] {
  const named = clouds.flatMap(([tool, cloud]) => (job.tools.some(({ name }) => name === tool) ? [cloud] : []));
  const kinds = job.steps.map(({ action }) => action?.kind ?? "").filter((kind) => awsKinds.test(kind));
  if (job.steps.some((step) => pushesTo(step) === "ecr")) kinds.push("docker.build");
  const isAws = kinds.some((kind) => named.length === 0 || !kind.startsWith("terraform."));
  return isAws && !named.includes("aws") ? ["aws", ...named] : named;
}

/** False for a pull request from a fork or of Dependabot. */
export const mayHaveRights =
  "(github.event_name != 'pull_request' || (github.event.pull_request.head.repo.full_name == github.repository && github.actor != 'dependabot[bot]'))";

/** A merge queue is checked like a pull request: nothing is deployed for either. */
export const mayDeploy = "github.event_name != 'pull_request' && github.event_name != 'merge_group'";

/**
 * When a per-release job may have what it needs. An image is pushed by the release's own rights, over layers that releases build on
 * later: code that nobody has reviewed yet stays away from both.
 */
export function rightsGuards(pipeline: Pipeline, job: Job): string[] {
  if (job.steps.some(({ action }) => action?.kind === "docker.build")) return [mayDeploy];
  return needsRights(pipeline, job) ? [mayHaveRights] : [];
}

/** The registry that a step signs in to. */
const pushesTo = ({ action }: Step) => (action?.kind === "docker.build" ? action.inputs.registry : undefined);

/** Whether a job pushes images to GitHub's own registry, by its token. */
export const pushesPackages = (job: Job): boolean => job.steps.some((step) => pushesTo(step) === "ghcr");

/** Those of some outputs (`pipeline.output`) that are images which a job of the delivery pushes to this registry. */
export function imagesOf(registry: "ecr" | "ghcr", references: readonly string[], { pipelines }: Delivery): string[] {
  return references.filter((reference) => {
    const [owner, name] = reference.split(".") as [string, string];
    const pipeline = pipelines.find((one) => one.name === owner)!;
    return pipeline.jobs[pipeline.outputs[name]!.job]!.steps.some(
      (step) => pushesTo(step) === registry && step.action!.publishes?.includes(name),
    );
  });
}

/** Whether values name an image in GitHub's own registry, which nobody but the repository may pull where it is private. */
export const readsPackages = (references: readonly string[], delivery: Delivery): boolean =>
  imagesOf("ghcr", references, delivery).length > 0;

/** Docker keeps it on the machine, which ends with the job, and GitHub takes the token back then. */
export const packagesSignIn: StepDocument = {
  name: "Sign in to ghcr.io",
  env: { TOKEN: computed("github.token") },
  run: 'docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<< "$TOKEN"',
};

/** The same where docker may be missing, because the job hands the image on and pulls nothing. */
export const packagesSignInToPull: StepDocument = {
  ...packagesSignIn,
  run: 'if command -v docker > /dev/null; then docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<< "$TOKEN"; fi',
};

/** By the role of a job that names `aws`: who has none hands the image on. `image` is where it lies: its registry knows its region. */
export const ecrSignInToPull = (image: string): StepDocument => ({
  name: "Sign in to ECR",
  env: { IMAGE: image },
  run: `command -v docker > /dev/null || exit 0
host=\${IMAGE%%/*}
${ecrArguments("exit 0")}aws "$1" get-login-password --region "$2" | docker login --username AWS --password-stdin "$host"
`,
});

/** Whether a job has what no foreign code may come near: a role, a secret, the right to push images. */
export const needsRights = (pipeline: Pipeline, job: Job): boolean =>
  cloudsOf(job).length > 0 || pushesPackages(job) || secretsRead(pipeline, job).length > 0;

/** `session` names the job in AWS' own log. */
export function signIn(cloud: Cloud, session: string): StepDocument {
  switch (cloud) {
    case "aws":
      return {
        name: "Sign in to AWS",
        uses: pinnedActions.awsCredentials,
        with: {
          "role-to-assume": computed("vars.AWS_ROLE_ARN"),
          "aws-region": computed("vars.AWS_REGION"),
          // AWS takes 64 characters.
          "role-session-name": session.slice(0, 64),
        },
      };
    case "google":
      return {
        name: "Sign in to Google Cloud",
        uses: pinnedActions.googleAuth,
        with: {
          workload_identity_provider: computed("vars.GOOGLE_WORKLOAD_IDENTITY_PROVIDER"),
          service_account: computed("vars.GOOGLE_SERVICE_ACCOUNT"),
        },
      };
    case "azure":
      return {
        name: "Sign in to Azure",
        uses: pinnedActions.azureLogin,
        with: {
          "client-id": computed("vars.AZURE_CLIENT_ID"),
          "tenant-id": computed("vars.AZURE_TENANT_ID"),
          "subscription-id": computed("vars.AZURE_SUBSCRIPTION_ID"),
        },
      };
    default:
      return cloud satisfies never;
  }
}
