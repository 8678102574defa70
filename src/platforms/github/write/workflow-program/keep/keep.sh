#!/usr/bin/env bash
# Puts the outputs of a job into Parameter Store. In: JOB (`pipeline.job`), ENVIRONMENT, OUTPUTS (JSON: output to its value). Out: for
# each output that the job has to publish `NAME_parameter`, the parameter with the version that it has by this.

# shellcheck source-path=SCRIPTDIR source=../base.sh
source "$GITHUB_ACTION_PATH/../base.sh"

jq --arg job "$JOB" --arg environment "$ENVIRONMENT" '($job | split(".")) as [$pipeline, $name]
  | .pipelines[] | select(.name == $pipeline).jobs[$name].keeps | map_values(split("{environment}") | join($environment))' \
  "$GITHUB_ACTION_PATH/../delivery.json" > "$RUNNER_TEMP/parameters.json"
jq -r 'keys[]' "$RUNNER_TEMP/parameters.json" > "$RUNNER_TEMP/names"
while read -r name; do
  parameter=$(jq -r --arg name "$name" '.[$name]' "$RUNNER_TEMP/parameters.json")
  jq --arg name "$name" --arg parameter "$parameter" '{Name: $parameter, Value: .[$name], Type: "String", Overwrite: true}' \
    <<< "$OUTPUTS" > "$RUNNER_TEMP/parameter.json"
  version=$(aws ssm put-parameter --cli-input-json "file://$RUNNER_TEMP/parameter.json" --query Version --output text < /dev/null)
  if ! [[ $version =~ ^[0-9]+$ ]]; then
    fail "Not kept" "Parameter Store gave no version for $parameter."
  fi
  echo "${name}_parameter=$parameter:$version" | tee -a "$GITHUB_OUTPUT"
done < "$RUNNER_TEMP/names"
