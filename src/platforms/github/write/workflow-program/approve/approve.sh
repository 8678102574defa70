#!/usr/bin/env bash
# Whether somebody was asked before this job began. GitHub makes an environment that is not there, and asks nobody on plans that have
# no reviewers. In: GATE (an environment of GitHub), COMMIT, MESSAGE.

# shellcheck source-path=SCRIPTDIR source=../answers.sh disable=SC2153
source "$GITHUB_ACTION_PATH/../answers.sh"

asked=0
if ask "$work/gate.json" "repos/$GITHUB_REPOSITORY/environments/$GATE" jq -e '(.protection_rules | type) == "array"'; then
  asked=$(jq '[.protection_rules[] | select(.type == "required_reviewers").reviewers[]] | length' "$work/gate.json") ||
    fail "Unreadable" "What GitHub says of the environment $GATE cannot be read."
fi
[[ $asked =~ ^[0-9]+$ ]] || fail "Unreadable" "What GitHub says of the environment $GATE cannot be read."
if [ "$asked" -eq 0 ]; then
  fail "No reviewers" "The environment $GATE asks nobody, so nobody has approved this. baton doctor --on github says how to set it up."
fi
echo "$MESSAGE: approved for $COMMIT" | tee -a "$GITHUB_STEP_SUMMARY"
