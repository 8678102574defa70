#!/usr/bin/env bash
# Reads parameters, each in the version that was handed over. In: PARAMETERS (JSON: output to `name:version` in Parameter Store).
# Out: one output for each.
set -euo pipefail

mark="end_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
[ "${#mark}" -eq 36 ]
jq -r 'keys[]' <<< "$PARAMETERS" > "$RUNNER_TEMP/names"
while read -r name; do
  parameter=$(jq -r --arg name "$name" '.[$name] // ""' <<< "$PARAMETERS")
  if [ -z "$parameter" ]; then
    echo "::error title=Not handed over::$name was not published by the release that this run follows."
    exit 1
  fi
  aws ssm get-parameter --name "$parameter" --query Parameter.Value --output json < /dev/null > "$RUNNER_TEMP/value.json"
  jq -r --arg name "$name" --arg mark "$mark" 'if type == "string" then "\($name)<<\($mark)", ., $mark else error("no text") end' \
    "$RUNNER_TEMP/value.json" >> "$GITHUB_OUTPUT"
done < "$RUNNER_TEMP/names"
