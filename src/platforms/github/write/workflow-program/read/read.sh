#!/usr/bin/env bash
# Reads parameters, each in the version that was handed over. In: OUTPUTS (`pipeline.output`, with blanks between), and in
# $RUNNER_TEMP handed.json (what the plan handed on: of each output `name:version` in Parameter Store). Out: one output for each.

# shellcheck source-path=SCRIPTDIR source=../base.sh
source "$GITHUB_ACTION_PATH/../base.sh"

mark=$(new_mark)
for output in $OUTPUTS; do
  parameter=$(jq -r --arg output "$output" '($output | split(".")) as [$pipeline, $name] | .[$pipeline].outputs[$name] // ""' "$RUNNER_TEMP/handed.json")
  if [ -z "$parameter" ]; then
    fail "Not handed over" "$output was not published by the release that this run follows."
  fi
  aws ssm get-parameter --name "$parameter" --query Parameter.Value --output json > "$RUNNER_TEMP/value.json"
  jq -r --arg name "${output/./_}" --arg mark "$mark" 'if type == "string" then "\($name)<<\($mark)", ., $mark else error("no text") end' \
    "$RUNNER_TEMP/value.json" >> "$GITHUB_OUTPUT"
done
