/** All rules, in the order of the documentation. */

import type { Rule } from "./rule.ts";
import { aggregateGateAcceptsSkipped } from "./rules/aggregate-gate-accepts-skipped.ts";
import { alwaysDeploy } from "./rules/always-deploy.ts";
import { ambiguousWorkflowName } from "./rules/ambiguous-workflow-name.ts";
import { anyNotAll } from "./rules/any-not-all.ts";
import { appOrderOnOneEvent } from "./rules/app-order-on-one-event.ts";
import { artifactNeverUploaded } from "./rules/artifact-never-uploaded.ts";
import { artifactNotProduced } from "./rules/artifact-not-produced.ts";
import { artifactOnlyOnSomeTriggers } from "./rules/artifact-only-on-some-triggers.ts";
import { botTokenPushDoesNotTrigger } from "./rules/bot-token-push-does-not-trigger.ts";
import { calledWorkflowWaitsForCaller } from "./rules/called-workflow-waits-for-caller.ts";
import { callerNameInReusableGroup } from "./rules/caller-name-in-reusable-group.ts";
import { cancelInProgressOnDeploy } from "./rules/cancel-in-progress-on-deploy.ts";
import { chainTooDeep } from "./rules/chain-too-deep.ts";
import { changeSetNeverExecuted } from "./rules/change-set-never-executed.ts";
import { checkoutBranchTip } from "./rules/checkout-branch-tip.ts";
import { checkoutDefaultHeadInWorkflowRun } from "./rules/checkout-default-head-in-workflow-run.ts";
import { concurrentVersionPushes } from "./rules/concurrent-version-pushes.ts";
import { conditionNeverTrue } from "./rules/condition-never-true.ts";
import { continueOnErrorHollowsGate } from "./rules/continue-on-error-hollows-gate.ts";
import { danglingWorkflowRun } from "./rules/dangling-workflow-run.ts";
import { deploysAnyBranch } from "./rules/deploys-any-branch.ts";
import { deploysCommitBeforeOwnPush } from "./rules/deploys-commit-before-own-push.ts";
import { dispatchTargetMismatch } from "./rules/dispatch-target-mismatch.ts";
import { downloadWithoutRunId } from "./rules/download-without-run-id.ts";
import { duplicateProducer } from "./rules/duplicate-producer.ts";
import { envMislabelled } from "./rules/env-mislabelled.ts";
import { envOrderSkipped } from "./rules/env-order-skipped.ts";
import { environmentIsSameTarget } from "./rules/environment-is-same-target.ts";
import { eventFieldAbsent } from "./rules/event-field-absent.ts";
import { expiredArtifactPromotion } from "./rules/expired-artifact-promotion.ts";
import { filterMissesWhatItDeploys } from "./rules/filter-misses-what-it-deploys.ts";
import { groupKeyedOnWrongThing } from "./rules/group-keyed-on-wrong-thing.ts";
import { guardWeakerThanSuccess } from "./rules/guard-weaker-than-success.ts";
import { immutableNameCollision } from "./rules/immutable-name-collision.ts";
import { impossibleBranchFilter } from "./rules/impossible-branch-filter.ts";
import { infraVsAppUnordered } from "./rules/infra-vs-app-unordered.ts";
import { labelDiffersFromSource } from "./rules/label-differs-from-source.ts";
import { latestSuccessfulArtifact } from "./rules/latest-successful-artifact.ts";
import { missingNeeds } from "./rules/missing-needs.ts";
import { mutableTagRace } from "./rules/mutable-tag-race.ts";
import { noConclusionGuard } from "./rules/no-conclusion-guard.ts";
import { overSharedGroup } from "./rules/over-shared-group.ts";
import { parallelCiAndCd } from "./rules/parallel-ci-and-cd.ts";
import { parallelPipelinesOnePush } from "./rules/parallel-pipelines-one-push.ts";
import { pendingDeployDropped } from "./rules/pending-deploy-dropped.ts";
import { planApplyFromDifferentRuns } from "./rules/plan-apply-from-different-runs.ts";
import { productionBeforeStaging } from "./rules/production-before-staging.ts";
import { publicOrUnencryptedArtifacts } from "./rules/public-or-unencrypted-artifacts.ts";
import { publishPointerBeforePayload } from "./rules/publish-pointer-before-payload.ts";
import { pushAndWorkflowRunBoth } from "./rules/push-and-workflow-run-both.ts";
import { refTestNeverTrueUnderWorkflowRun } from "./rules/ref-test-never-true-under-workflow-run.ts";
import { requiredCheckNeverReports } from "./rules/required-check-never-reports.ts";
import { retriggeredOlderRunWins } from "./rules/retriggered-older-run-wins.ts";
import { sameRunOrderRace } from "./rules/same-run-order-race.ts";
import { sameStackTwoPipelines } from "./rules/same-stack-two-pipelines.ts";
import { secretInDefinition } from "./rules/secret-in-definition.ts";
import { selfOrCyclicWorkflowRun } from "./rules/self-or-cyclic-workflow-run.ts";
import { sharedTargetNoSharedGroup } from "./rules/shared-target-no-shared-group.ts";
import { skipPropagationBlocksDeploy } from "./rules/skip-propagation-blocks-deploy.ts";
import { skippedGateIsGreen } from "./rules/skipped-gate-is-green.ts";
import { supersededApproval } from "./rules/superseded-approval.ts";
import { tokenSource } from "./rules/token-source.ts";
import { triggerMissesConsumer } from "./rules/trigger-misses-consumer.ts";
import { unknownContextProperty } from "./rules/unknown-context-property.ts";
import { unknownProviderOrKey } from "./rules/unknown-provider-or-key.ts";
import { untrustedCheckoutInPrivilegedRun } from "./rules/untrusted-checkout-in-privileged-run.ts";
import { upstreamPathStarvation } from "./rules/upstream-path-starvation.ts";
import { waitActionEmptySet } from "./rules/wait-action-empty-set.ts";
import { workflowRunFileNotOnDefaultBranch } from "./rules/workflow-run-file-not-on-default-branch.ts";
import { workflowRunGroupByRef } from "./rules/workflow-run-group-by-ref.ts";

export const rules: readonly Rule[] = [
  danglingWorkflowRun,
  chainTooDeep,
  selfOrCyclicWorkflowRun,
  ambiguousWorkflowName,
  pushAndWorkflowRunBoth,
  anyNotAll,
  parallelCiAndCd,
  deploysAnyBranch,
  infraVsAppUnordered,
  appOrderOnOneEvent,
  upstreamPathStarvation,
  filterMissesWhatItDeploys,
  requiredCheckNeverReports,
  impossibleBranchFilter,
  refTestNeverTrueUnderWorkflowRun,
  conditionNeverTrue,
  eventFieldAbsent,
  unknownContextProperty,
  botTokenPushDoesNotTrigger,
  workflowRunFileNotOnDefaultBranch,
  dispatchTargetMismatch,
  noConclusionGuard,
  guardWeakerThanSuccess,
  skippedGateIsGreen,
  continueOnErrorHollowsGate,
  alwaysDeploy,
  aggregateGateAcceptsSkipped,
  skipPropagationBlocksDeploy,
  waitActionEmptySet,
  checkoutDefaultHeadInWorkflowRun,
  checkoutBranchTip,
  labelDiffersFromSource,
  deploysCommitBeforeOwnPush,
  untrustedCheckoutInPrivilegedRun,
  retriggeredOlderRunWins,
  concurrentVersionPushes,
  missingNeeds,
  downloadWithoutRunId,
  artifactNeverUploaded,
  artifactOnlyOnSomeTriggers,
  latestSuccessfulArtifact,
  immutableNameCollision,
  expiredArtifactPromotion,
  mutableTagRace,
  publishPointerBeforePayload,
  duplicateProducer,
  sharedTargetNoSharedGroup,
  groupKeyedOnWrongThing,
  callerNameInReusableGroup,
  calledWorkflowWaitsForCaller,
  overSharedGroup,
  pendingDeployDropped,
  cancelInProgressOnDeploy,
  workflowRunGroupByRef,
  envOrderSkipped,
  envMislabelled,
  planApplyFromDifferentRuns,
  artifactNotProduced,
  unknownProviderOrKey,
  parallelPipelinesOnePush,
  supersededApproval,
  sameStackTwoPipelines,
  productionBeforeStaging,
  secretInDefinition,
  publicOrUnencryptedArtifacts,
  changeSetNeverExecuted,
  sameRunOrderRace,
  environmentIsSameTarget,
  triggerMissesConsumer,
  tokenSource,
];
