#!/usr/bin/env bash
# Hands on what a job promised: each output must be there, with a value of its type. In: JOB (`pipeline.job`), BATON_OUTPUT.

# shellcheck source-path=SCRIPTDIR source=../answers.sh
source "$GITHUB_ACTION_PATH/../answers.sh"

jq -ce --arg pipeline "${JOB%%.*}" --arg job "${JOB#*.}" '.pipelines[] | select(.name == $pipeline).jobs[$job].outputs' "$delivery" > "$work/promised.json"
jq -Rs --slurpfile promised "$work/promised.json" -f "$GITHUB_ACTION_PATH/publish.jq" "$BATON_OUTPUT" > "$work/published.json"
problem=$(jq -r '.problem // ""' "$work/published.json")
if [ -n "$problem" ]; then fail "Outputs of $JOB" "$problem"; fi

mark=$(new_mark)
jq -r --arg mark "$mark" '.values | to_entries[] | "\(.key)<<\($mark)", .value, $mark' "$work/published.json" >> "$GITHUB_OUTPUT"
