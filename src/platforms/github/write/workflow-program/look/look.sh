#!/usr/bin/env bash
# Says what is deployed to ENVIRONMENT, under its lock. Without one: starts this workflow for each that something is deployed to. Out:
# `commits`, `handed`, `given` and `parameters` as JSON, `event` and `branch`.

# shellcheck source-path=SCRIPTDIR source=../deployed.sh
source "$GITHUB_ACTION_PATH/../deployed.sh"

always() { true; }

look() { # ENVIRONMENT
  read_deployed "$work/deployed.json" "$1"
  jq -n --slurpfile event "$GITHUB_EVENT_PATH" --slurpfile delivery "$delivery" -f "$GITHUB_ACTION_PATH/../facts.jq" > "$work/facts.json"
  jq -r --slurpfile facts "$work/facts.json" -f "$GITHUB_ACTION_PATH/look.jq" "$work/deployed.json" > "$work/outputs"
  tee -a "$GITHUB_OUTPUT" < "$work/outputs"
}

if [ -n "$ENVIRONMENT" ]; then look "$ENVIRONMENT"; else start_where always; fi
