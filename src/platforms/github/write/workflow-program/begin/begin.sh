#!/usr/bin/env bash
# Before the steps of a job: nothing that it was to be given is missing, nobody else has begun to deploy here, and what steps
# expect to find is there. In: JOB (`pipeline.job`), ENVIRONMENT (empty where a release is built), COMMIT, LOOKS (yes: it deploys
# nothing), REMOVES (yes: it takes away what the job left in a preview), and what was handed in, as given.json and needs.json in
# $RUNNER_TEMP.

# shellcheck source-path=SCRIPTDIR source=../answers.sh disable=SC2153
source "$GITHUB_ACTION_PATH/../answers.sh"

pipeline=${JOB%%.*} job=${JOB#*.}
row=$(jq -ce --arg pipeline "$pipeline" --arg job "$job" '.pipelines[] | select(.name == $pipeline).jobs[$job]' "$delivery")

if [ "${REMOVES:-no}" = yes ]; then
  # It finds what is there by the name alone: what its job was handed when it deployed is not known any more.
  require gh
  place_of "$ENVIRONMENT"
  must_be_closed "$pull"
else
  # An output in which a secret stands is dropped by GitHub: whoever takes it would go on with nothing.
  missing=$(jq -r --arg pipeline "$pipeline" --slurpfile given "$RUNNER_TEMP/given.json" --slurpfile needs "$RUNNER_TEMP/needs.json" '
    # Of a job of this file, which has the name of its pipeline before its own where several share the file. One that failed publishes nothing.
    def published: .output[($pipeline | length) + 1:] as $name
      | ($needs[0][.job] // $needs[0]["\($pipeline)__\(.job)"]) as $job
      | if $job == null or $job.result != "success" then "not asked for" else $job.outputs[$name] end;
    [.takes // [] | .[] | select(((if has("job") then published else $given[0][.input] end) // "") == "").output] | join(", ")' <<< "$row")
  if [ -n "$missing" ]; then
    fail "Not handed over" "$missing is empty. GitHub drops an output that contains a secret or a masked value; an output must have none."
  fi
fi

# A job may run long after the plan (jobs that are run again): whoever began to deploy last goes on, everybody else stops.
deploys=$(jq -r '.deploys // false' <<< "$row")
if [ -n "$ENVIRONMENT" ] && [ "$deploys" = true ] && [ "${LOOKS:-no}${REMOVES:-no}" = nono ]; then
  require gh
  place_of "$ENVIRONMENT"
  if [ -n "$pull" ]; then
    is_wanted "$pull" || fail "Not wanted any more" "Pull request $pull is closed or has a newer commit: nothing is deployed to $ENVIRONMENT."
  else
    without_history=yes find_begun "$ENVIRONMENT"
    if [ "$begun_run" != "$GITHUB_RUN_ID" ]; then
      fail "Another run deploys here" "Run ${begun_run:-(none is known)} began to deploy to $ENVIRONMENT after this one. Re-run all jobs of this run if it is still wanted."
    fi
  fi
fi

name=$(jq -r .delivery "$delivery")
branch=$(jq -nr --slurpfile event "$GITHUB_EVENT_PATH" --slurpfile delivery "$delivery" -f "$GITHUB_ACTION_PATH/../facts.jq" | jq -r .branch)
outputs="$RUNNER_TEMP/outputs"
: > "$outputs"
{
  echo "BATON_OUTPUT=$outputs"
  echo "BATON_DELIVERY=$name"
  echo "BATON_PIPELINE=$pipeline"
  echo "BATON_JOB=$job"
  echo "BATON_ENVIRONMENT=$ENVIRONMENT"
  echo "BATON_COMMIT=$COMMIT"
  echo "BATON_BRANCH=$branch"
  if [ -n "$ENVIRONMENT" ]; then
    place_of "$ENVIRONMENT"
    if [ -n "$pull" ]; then echo "BATON_PULL_REQUEST=$pull"; fi
  fi
  echo "BATON_RUN=$GITHUB_RUN_ID"
  echo "BATON_RELEASE=$GITHUB_RUN_ID"
} >> "$GITHUB_ENV"
