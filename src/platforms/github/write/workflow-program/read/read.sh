#!/usr/bin/env bash
# Reads parameters, each in the version that was handed over. In: PARAMETERS (JSON: output to `name:version` in Parameter Store).
# Out: one output for each.

# shellcheck source-path=SCRIPTDIR source=../base.sh
source "$GITHUB_ACTION_PATH/../base.sh"

mark=$(new_mark)
jq -r 'keys[]' <<< "$PARAMETERS" > "$RUNNER_TEMP/names"
while read -r name; do
  parameter=$(jq -r --arg name "$name" '.[$name] // ""' <<< "$PARAMETERS")
  if [ -z "$parameter" ]; then
    fail "Not handed over" "$name was not published by the release that this run follows."
  fi
  aws ssm get-parameter --name "$parameter" --query Parameter.Value --output json < /dev/null > "$RUNNER_TEMP/value.json"
  jq -r --arg name "$name" --arg mark "$mark" 'if type == "string" then "\($name)<<\($mark)", ., $mark else error("no text") end' \
    "$RUNNER_TEMP/value.json" >> "$GITHUB_OUTPUT"
done < "$RUNNER_TEMP/names"
