/** Pages of AWS's documentation that rules quote. */

const guide = "https://docs.aws.amazon.com/codepipeline/latest/userguide";

export const awsDocumentation = {
  artifacts: `${guide}/reference-action-artifacts.html`,
  actions: `${guide}/action-reference.html`,
  executions: `${guide}/concepts-how-it-works.html`,
  modes: `${guide}/execution-modes.html`,
  triggers: `${guide}/pipelines-filter.html`,
  cloudFormation: `${guide}/action-reference-CloudFormation.html`,
  structure: `${guide}/reference-pipeline-structure.html`,
  approvals: `${guide}/approvals.html`,
  security: `${guide}/security-best-practices.html`,
  connections: `${guide}/update-github-action-connections.html`,
  bestPractices: `${guide}/best-practices.html`,
  buildspec: "https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html",
  phases: "https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html",
  events: `${guide}/detect-state-changes-cloudwatch-events.html`,
} as const;
