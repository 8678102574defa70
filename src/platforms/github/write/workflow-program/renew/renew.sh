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

if [ -n "$ENVIRONMENT" ]; then renew "$ENVIRONMENT"; else start_where is_due; fi
