#!/usr/bin/env bash
# Runs COMMAND, which says by its exit code whether ENVIRONMENT is as JOB left it: 0 yes, 2 no, anything else that it cannot tell. As
# `terraform plan -detailed-exitcode` does. Out: a line in the summary of the run.

# shellcheck source-path=SCRIPTDIR source=../base.sh disable=SC2153
source "$GITHUB_ACTION_PATH/../base.sh"

status=0
bash -eo pipefail -c "$COMMAND" || status=$?
case "$status" in
  0) echo "- $JOB: $ENVIRONMENT is as it was deployed" >> "$GITHUB_STEP_SUMMARY" ;;
  2)
    echo "- $JOB: **$ENVIRONMENT has drifted**" >> "$GITHUB_STEP_SUMMARY"
    fail "Drift in $ENVIRONMENT" "It is not as $JOB left it any more; the log says what differs. Deploy it again, or bring the change into the definition of what is deployed."
    ;;
  *)
    echo "- $JOB: nobody can tell whether $ENVIRONMENT has drifted" >> "$GITHUB_STEP_SUMMARY"
    fail "Not known" "The command of $JOB ended with $status: whether $ENVIRONMENT has drifted it did not say."
    ;;
esac
