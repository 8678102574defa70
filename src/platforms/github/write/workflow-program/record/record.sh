#!/usr/bin/env bash
# Writes down what is deployed now, and what is not as it should be. In: PIPELINE (empty, or the one of a chain whose jobs are in
# needs.json); in $RUNNER_TEMP needs.json and release-inputs.json (results and outputs of the pipelines, what the release handed
# in) and the plan. Out: `lost`, `open`, `url`, and the record in $RUNNER_TEMP/record.
set -euo pipefail

program="$GITHUB_ACTION_PATH"
delivery="$program/../delivery.json"
mkdir -p "$RUNNER_TEMP/record"
jq -c '.pipelines[]' "$delivery" > "$RUNNER_TEMP/pipelines"
facts=$(jq -n --slurpfile event "$GITHUB_EVENT_PATH" --slurpfile delivery "$delivery" -f "$program/../facts.jq")
if [ -n "$PIPELINE" ]; then
  # The jobs of one pipeline: together they are its result, and what they made is named as a whole.
  jq --arg pipeline "$PIPELINE" '{($pipeline): {
    result: (if any(.[]; .result == "failure" or .result == "cancelled") then "failure" else "success" end),
    outputs: ([.[].outputs] | add | with_entries(select(.key | endswith("__digest"))) + (with_entries(select(.key | endswith("_parameter")) | .key |= rtrimstr("_parameter"))))}}' "$RUNNER_TEMP/needs.json" > "$RUNNER_TEMP/pipeline"
  mv "$RUNNER_TEMP/pipeline" "$RUNNER_TEMP/needs.json"
  jq -c --arg pipeline "$PIPELINE" 'select(.name == $pipeline)
    | .outputs |= ((. // []) | map(.per = "environment"))
    | .artifacts |= ((. // []) | map(if .per == "release" then . + {per: "environment", whole: true} else . end))' "$RUNNER_TEMP/pipelines" > "$RUNNER_TEMP/pipeline"
  mv "$RUNNER_TEMP/pipeline" "$RUNNER_TEMP/pipelines"
fi
cat "$program/../decide.jq" "$program/record.jq" > "$RUNNER_TEMP/record.jq"
jq -n --argjson facts "$facts" --arg run "$GITHUB_RUN_ID" \
  --slurpfile needs "$RUNNER_TEMP/needs.json" --slurpfile release "$RUNNER_TEMP/release-inputs.json" \
  --slurpfile pipelines "$RUNNER_TEMP/pipelines" --slurpfile plan "$RUNNER_TEMP/plan/plan.json" \
  -f "$RUNNER_TEMP/record.jq" > "$RUNNER_TEMP/settled.json"
jq .record "$RUNNER_TEMP/settled.json" | tee "$RUNNER_TEMP/record/release.json"
{
  jq -r '"lost=\(.lost | join(", "))"' "$RUNNER_TEMP/settled.json"
  # Nothing but an address on one line: this is a file of GitHub's that has lines of its own.
  jq -r --slurpfile delivery "$delivery" '($delivery[0].url // "." | split(".")) as [$owner, $name]
    | .record.pipelines[$owner].outputs[$name] // "" | if test("^https?://[^\\s]+$"; "i") and (test("\n") | not) then "url=\(.)" else empty end' "$RUNNER_TEMP/settled.json"
  jq -r '"open=\(.open | join(", "))"' "$RUNNER_TEMP/settled.json"
} >> "$GITHUB_OUTPUT"
