#!/usr/bin/env bash
# Cancels runs of this workflow that wait for the same approval with an older commit. A run is left alone that somebody started by hand
# (it may go back on purpose), that waits for something else too, that still does something, or whose commit does not come before this
# one. In: GATE (an environment of GitHub), COMMIT.

# shellcheck source-path=SCRIPTDIR source=../answers.sh disable=SC2153
source "$GITHUB_ACTION_PATH/../answers.sh"

file=${GITHUB_WORKFLOW_REF#"$GITHUB_REPOSITORY/"}
ask "$work/waiting.json" "$api/runs?status=waiting&per_page=100" jq -e '(.workflow_runs | type) == "array"' ||
  fail "No answer" "GitHub has no list of runs."
jq -r --arg file "${file%%@*}" --arg own "$GITHUB_RUN_ID" '.workflow_runs[]
  | select((.path | split("@")[0]) == $file and (.event | IN("push", "schedule")) and (.id | tostring) != $own and .head_repository.id == .repository.id)
  | "\(.id) \(.head_sha)"' "$work/waiting.json" > "$work/runs" || fail "Unreadable" "The list of runs cannot be read."

# Whether a run waits for this approval alone, and does nothing.
is_idle() { # RUN
  local verdict
  ask "$work/pending.json" "$api/runs/$1/pending_deployments" jq -e 'type == "array"' || return 1
  ask "$work/jobs.json" "$api/runs/$1/jobs?per_page=100" jq -e '(.jobs | type) == "array" and (.total_count | type) == "number"' || return 1
  # Of more than a hundred jobs nobody sees them all.
  verdict=$(jq -r --arg gate "$GATE" --slurpfile pending "$work/pending.json" '
    .total_count == (.jobs | length) and all(.jobs[]; .status | IN("completed", "waiting"))
      and $pending[0] != [] and all($pending[0][]; .environment.name == $gate)' "$work/jobs.json") ||
    fail "Unreadable" "What run $1 waits for cannot be read."
  [ "$verdict" = true ]
}

cancel() { # RUN
  local attempt
  for attempt in 1 2 3 4; do
    if gh api -X POST "$api/runs/$1/cancel" > "$work/answer" 2> "$work/said"; then
      echo "::notice title=Withdrawn::Run $1 waited for $GATE with an older commit."
      return 0
    fi
    # It has ended meanwhile.
    if grep -q 'HTTP 409' "$work/said"; then return 0; fi
    if [ "$attempt" -lt 4 ]; then pause "$attempt"; fi
  done
  fail "GitHub does not answer" "Run $1 could not be withdrawn: $(tr '\n' ' ' < "$work/said")"
}

while read -r run sha; do
  if [ "$sha" = "$COMMIT" ] || ! has_commit "$sha" || ! is_before "$sha" "$COMMIT"; then continue; fi
  if is_idle "$run" < /dev/null; then cancel "$run" < /dev/null; fi
done < "$work/runs"
