#!/usr/bin/env bash
# Keeps records of what is deployed from expiring. Without ENVIRONMENT: starts this workflow for every environment whose record has
# lived half of its time, on the branch that deployed it, because only a run of that branch is believed. With one, under its lock:
# hands on its record as it is. Out: `renewed`, and the record in $RUNNER_TEMP/record.

# shellcheck source-path=SCRIPTDIR source=../deployed.sh
source "$GITHUB_ACTION_PATH/../deployed.sh"

# Whether the record that a run left has lived half of its time. Status 1: it has not, or there is none.
is_due() { # RUN ENVIRONMENT MARK
  local due
  list_artifacts "$work/list.json" "$api/runs/$1/artifacts?name=release-$2&per_page=100" || return 1
  due=$(jq -r --argjson mark "$3" 'def seconds: sub("[.][0-9]+Z$"; "Z") | fromdate;
    [.artifacts[] | select((.expired | not) and .id > $mark)] | max_by(.id)
    | . != null and .expires_at != null and now - (.created_at | seconds) > ((.expires_at | seconds) - (.created_at | seconds)) / 2' "$work/list.json") ||
    fail "Unreadable" "The artifacts of run $1 cannot be read."
  [ "$due" = true ]
}

# Status 1: GitHub would not, and said why.
start_on() { # BRANCH ENVIRONMENT
  local attempt workflow=${GITHUB_WORKFLOW_REF%@*}
  for attempt in 1 2 3; do
    if gh api --method POST "$api/workflows/${workflow##*/}/dispatches" -f "ref=$1" -f "inputs[environment]=$2" > "$work/answer" 2> "$work/said"; then return 0; fi
    if [ "$attempt" -lt 3 ]; then pause "$attempt"; fi
  done
  echo "::error title=Not renewed::The record of $2 cannot be written again on $1: $(tr '\n' ' ' < "$work/said")" >&2
  return 1
}

start_where_due() {
  local name branch left=""
  jq -r '.environments[].name' "$delivery" > "$work/names"
  while read -r name; do
    without_history=yes find_begun "$name" < /dev/null
    if [ -z "$begun_run" ] || ! is_due "$begun_run" "$name" "$begun_mark"; then continue; fi
    branch=$(jq -er .head_branch "$work/run.json") || fail "Unreadable" "What GitHub says of run $begun_run cannot be read."
    if start_on "$branch" "$name" < /dev/null; then echo "The record of $name is written again on $branch."; else left="$left $name"; fi
  done < "$work/names"
  # One that cannot be renewed holds up no other.
  [ -z "$left" ]
}

renew() { # ENVIRONMENT
  # A run that is run again looks past what it left itself: it had no record yet.
  not_mine=yes find_begun "$1"
  if [ -n "$begun_since" ] || [ -z "$begun_run" ] || ! read_record "$work/record.json" "$begun_run" "$1" "$begun_mark"; then
    echo "::notice title=Nothing to renew::Nothing is known of $1; the next release writes it down."
    return 0
  fi
  mkdir -p "$RUNNER_TEMP/record"
  cp "$work/record.json" "$RUNNER_TEMP/record/release.json"
  echo "renewed=yes" >> "$GITHUB_OUTPUT"
}

if [ -n "$ENVIRONMENT" ]; then renew "$ENVIRONMENT"; else start_where_due; fi
