/** Well-known actions that each do one thing which a row can say. Those with more to them have readers of their own. */

import type { AccessMode, Effect, ResourceKind } from "../../../../../facts/access.ts";
import type { Confidence } from "../../../../../findings/finding.ts";

export interface ActionRow {
  /** `owner/repo` or `owner/repo/path`, lower case. */
  readonly action: string;
  readonly resource: ResourceKind;
  readonly mode: AccessMode;
  readonly effect: Effect;
  /** Inputs whose values name the resource, joined by `/`; `input=default` for the action's own default. */
  readonly key: readonly string[];
  readonly details?: Readonly<Record<string, string>>;
  /** Inputs and variables that may hold another token than the platform's. */
  readonly token?: readonly string[];
  /** The row holds only where this input has one of these values (given or by default). */
  readonly when?: { readonly input: string; readonly values: readonly string[] };
  readonly confidence?: Confidence;
}

type Rest = Partial<ActionRow>;

const writes =
  (resource: ResourceKind, effect: Effect) =>
  (action: string, key: readonly string[], rest: Rest = {}): ActionRow => ({
    action,
    resource,
    mode: "write",
    effect,
    key,
    ...rest,
  });

const service = writes("service", "deploy");
const func = writes("function", "deploy");
const stack = writes("stack", "deploy");
const site = writes("site", "deploy");
const bucket = writes("bucket", "deploy");
const machine = writes("machine", "deploy");
const pack = writes("package", "publish");
const release = writes("release", "publish");
const tag = writes("git-tag", "hand-off");
const source = writes("source", "hand-off");
const parameter = writes("parameter", "hand-off");
const reads = { mode: "read", effect: "hand-off" } as const;

export const actionRows: readonly ActionRow[] = [
  // AWS
  service("aws-actions/amazon-ecs-deploy-task-definition", ["cluster", "service"]),
  service("aws-actions/amazon-ecs-deploy-express-service", ["cluster", "service-name"]),
  stack("aws-actions/aws-cloudformation-github-deploy", ["name"]),
  func("aws-actions/aws-lambda-deploy", ["function-name"]),
  service("aws-actions/aws-codebuild-run-build", ["project-name"], { confidence: "low" }),
  func("appleboy/lambda-action", ["function_name"]),
  bucket("jakejarvis/s3-sync-action", ["AWS_S3_BUCKET", "DEST_DIR"]),
  bucket("reggionick/s3-deploy", ["bucket"]),
  bucket("shallwefootball/s3-upload-action", ["aws_bucket", "destination_dir"]),
  bucket("tpaschalis/s3-sync-action", ["aws_s3_bucket"]),
  { ...service("chetan/invalidate-cloudfront-action", ["DISTRIBUTION"]), resource: "distribution" },
  service("einaregilsson/beanstalk-deploy", ["application_name", "environment_name"]),
  service("awslabs/amazon-app-runner-deploy", ["service"]),
  service("webfactory/create-aws-codedeploy-deployment", ["application", "deployment-group"]),
  service("donaldpiret/ecs-deploy", ["cluster", "target"]),
  stack("youyo/aws-cdk-github-actions", ["working_dir", "stack=*"], {
    when: { input: "cdk_subcommand", values: ["deploy"] },
  }),
  parameter("dkershner6/aws-ssm-getparameters-action", ["parameterPairs"], reads),
  parameter("aws-actions/aws-secretsmanager-get-secrets", ["secret-ids"], reads),
  parameter("marvinpinto/action-inject-ssm-secrets", ["ssm_parameter"], reads),
  parameter("hashicorp/vault-action", ["secrets"], reads),
  // Google Cloud
  service("google-github-actions/deploy-cloudrun", ["project_id", "service|job"]),
  service("google-github-actions/deploy-appengine", ["project_id", "deliverables"]),
  func("google-github-actions/deploy-cloud-functions", ["project_id", "name"]),
  service("google-github-actions/create-cloud-deploy-release", ["project_id", "delivery_pipeline"]),
  bucket("google-github-actions/upload-cloud-storage", ["destination"], { effect: "hand-off" }),
  parameter("google-github-actions/get-secretmanager-secrets", ["secrets"], reads),
  site("firebaseextended/action-hosting-deploy", ["projectId", "target", "channelId"]),
  // Azure
  service("azure/webapps-deploy", ["app-name", "slot-name"]),
  service("azure/appservice-settings", ["app-name", "slot-name"]),
  func("azure/functions-action", ["app-name", "slot-name"]),
  func("azure/functions-container-action", ["app-name", "slot-name"]),
  service("azure/k8s-deploy", ["namespace", "manifests"]),
  service("azure/container-apps-deploy-action", ["resourceGroup", "containerAppName"]),
  service("azure/aci-deploy", ["resource-group", "name"]),
  site("azure/static-web-apps-deploy", ["azure_static_web_apps_api_token"], {
    when: { input: "action", values: ["upload"] },
  }),
  stack("azure/arm-deploy", ["resourceGroupName", "deploymentName", "template"]),
  stack("azure/bicep-deploy", ["resource-group-name", "name", "template-file"]),
  service("azure/spring-apps-deploy", ["app-name", "deployment-name"]),
  // Kubernetes
  service("bitovi/github-actions-deploy-eks-helm", ["cluster-name", "name"]),
  service("deliverybot/helm", ["namespace", "release"]),
  service("bluebreezecf/github-actions-helm-deploy", ["namespace", "release"]),
  // Platforms
  service("akhileshns/heroku-deploy", ["heroku_app_name"]),
  service("digitalocean/app_action", ["app_name"]),
  service("digitalocean/app_action/deploy", ["app_name"]),
  site("amondnet/vercel-action", ["vercel-project-id", "alias-domains"]),
  site("bacongobbler/azure-blob-storage-upload", ["container_name"], { resource: "bucket" }),
  site("afc163/surge-preview", ["surge_token"]),
  site("nwtgck/actions-netlify", ["alias", "publish-dir"]),
  site("cloudflare/pages-action", ["projectName", "branch"]),
  service("bervprojects/railway-deploy", ["service"]),
  service("johnbeynon/render-deploy-action", ["service-id"]),
  service("dokku/github-action", ["git_remote_url"]),
  service("caprover/deploy-from-github", ["server", "app"]),
  // Machines
  machine("appleboy/ssh-action", ["host"], { confidence: "medium" }),
  machine("appleboy/scp-action", ["host", "target"], { confidence: "medium" }),
  machine("fifsky/ssh-action", ["host"], { confidence: "medium" }),
  machine("garygrossgarten/github-action-ssh", ["host"], { confidence: "medium" }),
  machine("garygrossgarten/github-action-scp", ["host", "remote"], { confidence: "medium" }),
  machine("easingthemes/ssh-deploy", ["REMOTE_HOST", "TARGET"]),
  machine("burnett01/rsync-deployments", ["remote_host", "remote_path"]),
  machine("contention/rsync-deployments", ["REMOTE_HOST"]),
  machine("samkirkland/ftp-deploy-action", ["server", "server-dir"]),
  machine("samkirkland/web-deploy", ["target-server", "destination-path"]),
  machine("wlixcc/sftp-deploy-action", ["server", "remote_path"]),
  machine("dawidd6/action-ansible-playbook", ["playbook", "inventory"]),
  machine("cross-the-world/ssh-scp-ssh-pipelines", ["host"]),
  service("deployphp/action", ["dep"]),
  // Stacks
  stack("pulumi/actions", ["work-dir", "stack-name"], {
    when: { input: "command", values: ["up", "update", "destroy"] },
  }),
  { ...stack("dflook/terraform-apply", ["path", "workspace"]), resource: "terraform-state" },
  { ...stack("dflook/tofu-apply", ["path", "workspace"]), resource: "terraform-state" },
  {
    ...stack("dflook/terraform-destroy", ["path", "workspace"]),
    resource: "terraform-state",
    mode: "replace",
    effect: "destroy",
  },
  {
    ...stack("dflook/terraform-plan", ["path", "workspace"]),
    resource: "terraform-state",
    mode: "read",
    effect: "none",
  },
  { ...stack("dflook/terraform-output", ["path", "workspace"]), resource: "terraform-state", ...reads },
  {
    ...stack("gruntwork-io/terragrunt-action", ["tg_dir"]),
    resource: "terraform-state",
    when: { input: "tg_command", values: ["apply", "run-all apply"] },
  },
  { ...stack("hashicorp/tfc-workflows-github/actions/apply-run", ["run"]), resource: "terraform-state" },
  // Pages
  site("peaceiris/actions-gh-pages", ["external_repository", "publish_branch=gh-pages"], {
    token: ["personal_token", "deploy_key"],
  }),
  site("jamesives/github-pages-deploy-action", ["repository-name", "branch=gh-pages"], {
    token: ["token", "ssh-key"],
  }),
  site("crazy-max/ghaction-github-pages", ["repo", "target_branch=gh-pages"], { token: ["GH_PAT"] }),
  site("s0/git-publish-subdir-action", ["REPO", "BRANCH"]),
  site("cpina/github-action-push-to-another-repository", ["destination-repository-name", "target-branch=main"], {
    resource: "source",
  }),
  // Packages
  pack("pypa/gh-action-pypi-publish", ["repository-url", "packages-dir|packages_dir"]),
  pack("js-devtools/npm-publish", ["package"]),
  pack("katyo/publish-crates", ["path"]),
  pack("rubygems/release-gem", []),
  pack("r0adkll/upload-google-play", ["packageName", "track"]),
  pack("apple-actions/upload-testflight-build", ["app-path"]),
  pack("snapcore/action-publish", ["snap", "release"]),
  pack("haaleo/publish-vscode-extension", ["registryUrl"]),
  pack("helm/chart-releaser-action", ["charts_dir=charts"]),
  pack("appany/helm-oci-chart-releaser", ["name", "tag"]),
  pack("cycjimmy/semantic-release-action", ["working_directory"], { token: ["GITHUB_TOKEN", "GH_TOKEN"] }),
  tag("cycjimmy/semantic-release-action", [], { token: ["GITHUB_TOKEN", "GH_TOKEN"] }),
  release("cycjimmy/semantic-release-action", [], { token: ["GITHUB_TOKEN", "GH_TOKEN"] }),
  // Releases and tags
  release("softprops/action-gh-release", ["tag_name"], {
    token: ["token", "GITHUB_TOKEN"],
    details: { draft: "draft" },
  }),
  release("ncipollo/release-action", ["tag"], { token: ["token"], details: { draft: "draft" } }),
  release("actions/create-release", ["tag_name"], { token: ["GITHUB_TOKEN"], details: { draft: "draft" } }),
  release("actions/upload-release-asset", ["upload_url"], { token: ["GITHUB_TOKEN"] }),
  release("svenstaro/upload-release-action", ["tag"], { token: ["repo_token"] }),
  release("marvinpinto/action-automatic-releases", ["automatic_release_tag"], { token: ["repo_token"] }),
  release("comnoco/create-release-action", ["tag_name"], { token: ["GITHUB_TOKEN"] }),
  release("elgohr/github-release-action", ["title"], { token: ["GITHUB_TOKEN"] }),
  release("googleapis/release-please-action", [], { token: ["token"] }),
  release("google-github-actions/release-please-action", [], { token: ["token"] }),
  source("googleapis/release-please-action", ["=release-please"], { token: ["token"] }),
  source("google-github-actions/release-please-action", ["=release-please"], { token: ["token"] }),
  release("release-drafter/release-drafter", ["tag"], {
    token: ["GITHUB_TOKEN"],
    effect: "hand-off",
    details: { draft: "=true", publish: "publish" },
  }),
  tag("anothrnick/github-tag-action", ["CUSTOM_TAG"], { token: ["GITHUB_TOKEN"] }),
  tag("mathieudutour/github-tag-action", ["custom_tag"], { token: ["github_token"] }),
  tag("rickstaa/action-create-tag", ["tag"], { token: ["github_token"] }),
  tag("butlerlogic/action-autotag", [], { token: ["GITHUB_TOKEN"] }),
  tag("actions-ecosystem/action-push-tag", ["tag"], { token: ["GITHUB_TOKEN"] }),
  tag("richardsimko/update-tag", ["tag_name"], { mode: "replace", token: ["GITHUB_TOKEN"] }),
  tag("pkgdeps/git-tag-action", ["version"], { token: ["github_token"] }),
  tag("salsify/action-detect-and-tag-new-version", [], { token: ["GITHUB_TOKEN"] }),
  tag("codfish/semantic-release-action", [], { token: ["GITHUB_TOKEN", "GH_TOKEN"] }),
  release("codfish/semantic-release-action", [], { token: ["GITHUB_TOKEN", "GH_TOKEN"] }),
  pack("codfish/semantic-release-action", [], { token: ["GITHUB_TOKEN", "GH_TOKEN"] }),
  // Branches
  source("devmasx/merge-branch", ["target_branch"], { token: ["github_token"] }),
  source("phips28/gh-action-bump-version", ["target-branch"], { token: ["GITHUB_TOKEN"] }),
  tag("phips28/gh-action-bump-version", [], { token: ["GITHUB_TOKEN"] }),
  source("commitizen-tools/commitizen-action", ["branch"], { token: ["github_token"] }),
  tag("commitizen-tools/commitizen-action", [], { token: ["github_token"] }),
  source("pascalgn/automerge-action", [], { token: ["GITHUB_TOKEN"] }),
  source("repo-sync/pull-request", ["destination_branch"], { token: ["github_token"] }),
  source("repo-sync/github-sync", ["destination_branch"], { token: ["github_token"] }),
  source("test-room-7/action-update-file", ["branch"], { token: ["github-token"] }),
  source("crowdin/github-action", ["localization_branch_name=l10n_crowdin_action"], { token: ["GITHUB_TOKEN"] }),
];
