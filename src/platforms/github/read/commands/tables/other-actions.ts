/** Actions that push commits of the workspace, start or await runs, tell people, or only run a script given to them. */

export interface PushAction {
  readonly action: string;
  /** Inputs that name the branch; absent: the branch that is checked out. */
  readonly branch: readonly string[];
  /** Inputs (or variables) that hold a token; absent: what the checkout left behind. */
  readonly token: readonly string[];
  /** Input with a tag that is pushed as well. */
  readonly tag?: string;
}

export const pushActions: readonly PushAction[] = [
  { action: "stefanzweifel/git-auto-commit-action", branch: ["branch"], token: [], tag: "tagging_message" },
  { action: "endbug/add-and-commit", branch: ["new_branch", "push"], token: ["github_token"], tag: "tag" },
  { action: "ad-m/github-push-action", branch: ["branch"], token: ["github_token"] },
  { action: "cajuncoding/github-push-action", branch: ["branch"], token: ["github_token"] },
  { action: "actions-js/push", branch: ["branch"], token: ["github_token"] },
  { action: "mikeal/publish-to-github-action", branch: ["BRANCH_NAME"], token: ["GITHUB_TOKEN"] },
  { action: "github-actions-x/commit", branch: ["push-branch"], token: ["github-token"] },
  { action: "stefanzweifel/changelog-updater-action", branch: [], token: [] },
  { action: "peter-evans/create-pull-request", branch: ["branch"], token: ["token"] },
  { action: "tiangolo/pr-push", branch: [], token: ["token"] },
  { action: "tiangolo/pr-submit", branch: [], token: ["token"] },
  { action: "swinton/commit", branch: ["ref"], token: ["GH_TOKEN"] },
  { action: "planetscale/ghcommit-action", branch: ["branch"], token: ["GITHUB_TOKEN"] },
  { action: "autofix-ci/action", branch: [], token: ["token"] },
];

export interface DispatchAction {
  readonly action: string;
  readonly workflow?: readonly string[];
  readonly eventType?: string;
  readonly ref: readonly string[];
  readonly repository: readonly string[];
  /** JSON object of inputs. */
  readonly inputs: readonly string[];
  readonly token: readonly string[];
  /** The action also waits for the run it starts, unless this input is false. */
  readonly waits?: string;
}

export const dispatchActions: readonly DispatchAction[] = [
  {
    action: "peter-evans/repository-dispatch",
    eventType: "event-type",
    ref: [],
    repository: ["repository"],
    inputs: [],
    token: ["token"],
  },
  {
    action: "benc-uk/workflow-dispatch",
    workflow: ["workflow"],
    ref: ["ref"],
    repository: ["repo"],
    inputs: ["inputs"],
    token: ["token"],
    waits: "wait-for-completion",
  },
  {
    action: "convictional/trigger-workflow-and-wait",
    workflow: ["workflow_file_name"],
    ref: ["ref"],
    repository: ["repo"],
    inputs: ["client_payload"],
    token: ["github_token"],
    waits: "wait_workflow",
  },
  {
    action: "aurelien-baudet/workflow-dispatch",
    workflow: ["workflow"],
    ref: ["ref"],
    repository: ["repo"],
    inputs: ["inputs"],
    token: ["token"],
    waits: "wait-for-completion",
  },
  {
    action: "the-actions-org/workflow-dispatch",
    workflow: ["workflow"],
    ref: ["ref"],
    repository: ["repo"],
    inputs: ["inputs"],
    token: ["token"],
    waits: "wait-for-completion",
  },
  {
    action: "lasith-kg/dispatch-workflow",
    workflow: ["workflow"],
    eventType: "event-type",
    ref: ["ref"],
    repository: ["repo"],
    inputs: ["workflow-inputs"],
    token: ["token"],
  },
  {
    action: "codex-/return-dispatch",
    workflow: ["workflow"],
    ref: ["ref"],
    repository: ["repo"],
    inputs: ["workflow_inputs"],
    token: ["token"],
  },
  {
    action: "mathze/workflow-dispatch-action",
    workflow: ["workflow-name"],
    ref: ["ref"],
    repository: ["repo"],
    inputs: ["payload"],
    token: ["token"],
    waits: "wait-timeout",
  },
];

export interface WaitAction {
  readonly action: string;
  readonly check?: string;
  readonly checkPattern?: string;
  readonly workflow?: string;
  readonly run?: string;
  readonly commit?: string;
  /** Input that, when `false`, lets failures pass. */
  readonly failsUnless?: string;
  /** Whether failures of what is awaited only show in an output. */
  readonly reports?: true;
}

export const waitActions: readonly WaitAction[] = [
  { action: "lewagon/wait-on-check-action", check: "check-name", checkPattern: "check-regexp", commit: "ref" },
  { action: "fountainhead/action-wait-for-check", check: "checkName", commit: "ref", reports: true },
  { action: "poseidon/wait-for-status-checks", checkPattern: "match_pattern", commit: "sha" },
  { action: "kachick/wait-other-jobs" },
  { action: "int128/wait-for-workflows-action", workflow: "filter-workflow-names", commit: "sha" },
  { action: "jitterbit/await-check-suites", commit: "ref", failsUnless: "failStepUnlessSuccess" },
  { action: "autotelic/action-wait-for-status-check", check: "statusName", commit: "sha", reports: true },
  { action: "wechuli/allcheckspassed", commit: "commit_sha" },
  { action: "tomchv/wait-my-workflow", check: "checkName", commit: "ref", reports: true },
  { action: "codex-/await-remote-run", run: "run_id" },
  { action: "smartlyio/github-actions-wait-for-check", check: "check_name", commit: "commit_sha" },
  { action: "upsidr/merge-gatekeeper", commit: "ref" },
  { action: "ahmadnassri/action-workflow-queue" },
];

/** Actions whose input is a script for this machine. */
export const scriptActions: Readonly<Record<string, readonly string[]>> = {
  "nick-fields/retry": ["command"],
  "nick-invision/retry": ["command"],
  "wandalen/wretry.action": ["command"],
  "azure/cli": ["inlineScript"],
  "azure/powershell": ["inlineScript"],
  "gacts/run-and-post-run": ["run", "post"],
  "coactions/setup-xvfb": ["run"],
};

/** Actions whose input is the arguments of a program. */
export const programActions: Readonly<
  Record<string, { readonly program: string; readonly inputs: readonly string[] }>
> = {
  "superfly/flyctl-actions": { program: "flyctl", inputs: ["args"] },
  "serverless/github-action": { program: "serverless", inputs: ["args"] },
  "actions-hub/kubectl": { program: "kubectl", inputs: ["args"] },
  "steebchen/kubectl": { program: "kubectl", inputs: ["args"] },
  "cloudflare/wrangler-action": { program: "wrangler", inputs: ["command"] },
  "w9jds/firebase-action": { program: "firebase", inputs: ["args"] },
  "netlify/actions/cli": { program: "netlify", inputs: ["args"] },
  "goreleaser/goreleaser-action": { program: "goreleaser", inputs: ["args"] },
  "burrunan/gradle-cache-action": { program: "gradle", inputs: ["arguments"] },
  "gradle/gradle-build-action": { program: "gradle", inputs: ["arguments"] },
  "borales/actions-yarn": { program: "yarn", inputs: ["cmd"] },
  "actions-rs/cargo": { program: "cargo", inputs: ["command", "args"] },
  "clowdhaus/argo-cd-action": { program: "argocd", inputs: ["command", "options"] },
};

export const notifyActions: ReadonlySet<string> = new Set([
  "slackapi/slack-github-action",
  "8398a7/action-slack",
  "rtcamp/action-slack-notify",
  "act10ns/slack",
  "ravsamhq/notify-slack-action",
  "archive/github-actions-slack",
  "voxmedia/github-action-slack-notify-build",
  "ilshidur/action-slack",
  "ilshidur/action-discord",
  "sarisia/actions-status-discord",
  "rjstone/discord-webhook-notify",
  "dawidd6/action-send-mail",
  "appleboy/telegram-action",
  "appleboy/discord-action",
  "jdcargile/ms-teams-notification",
  "skitionek/notify-microsoft-teams",
  "peter-evans/create-or-update-comment",
  "peter-evans/commit-comment",
  "marocchino/sticky-pull-request-comment",
  "thollander/actions-comment-pull-request",
  "mshick/add-pr-comment",
  "jasonetco/create-an-issue",
  "peter-evans/create-issue-from-file",
  "chrnorm/deployment-action",
  "chrnorm/deployment-status",
  "bobheadxi/deployments",
  "getsentry/action-release",
  "datadog/ci-visibility",
  "codecov/codecov-action",
  "coverallsapp/github-action",
  "actions/add-to-project",
  "actions/labeler",
  "actions/stale",
  "github/codeql-action/upload-sarif",
  "guibranco/github-status-action-v2",
  "sibz/github-status-action",
  "myrotvorets/set-commit-status-action",
]);

/** Actions after which commands can act on a cloud or a service. */
export const signInActions: ReadonlySet<string> = new Set([
  "azure/login",
  "azure/aks-set-context",
  "azure/docker-login",
  "google-github-actions/auth",
  "google-github-actions/setup-gcloud",
  "google-github-actions/get-gke-credentials",
  "aws-actions/amazon-ecr-login",
  "aws-actions/configure-aws-credentials",
  "docker/login-action",
  "digitalocean/action-doctl",
  "hashicorp/vault-action",
  "1password/load-secrets-action",
  "dopplerhq/secrets-fetch-action",
  "infisical/secrets-action",
  "tailscale/github-action",
  "redhat-actions/oc-login",
]);
