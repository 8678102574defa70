#!/usr/bin/env bash
# Puts outputs into Parameter Store. In: OUTPUTS (JSON: output to its value), NAMES (JSON: output to the parameter's name). Out: for
# each output `NAME_parameter`, the parameter with the version that it has by this.

# shellcheck source-path=SCRIPTDIR source=../base.sh
source "$GITHUB_ACTION_PATH/../base.sh"

jq -r 'keys[]' <<< "$NAMES" > "$RUNNER_TEMP/names"
while read -r name; do
  parameter=$(jq -r --arg name "$name" '.[$name]' <<< "$NAMES")
  jq --arg name "$name" --arg parameter "$parameter" '{Name: $parameter, Value: .[$name], Type: "String", Overwrite: true}' \
    <<< "$OUTPUTS" > "$RUNNER_TEMP/parameter.json"
  version=$(aws ssm put-parameter --cli-input-json "file://$RUNNER_TEMP/parameter.json" --query Version --output text < /dev/null)
  if ! [[ $version =~ ^[0-9]+$ ]]; then
    fail "Not kept" "Parameter Store gave no version for $parameter."
  fi
  echo "${name}_parameter=$parameter:$version" | tee -a "$GITHUB_OUTPUT"
done < "$RUNNER_TEMP/names"
