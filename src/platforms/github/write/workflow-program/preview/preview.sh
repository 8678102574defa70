#!/usr/bin/env bash
# Says, under the lock of a preview, whether that of pull request NUMBER is to be removed. Without a number: starts this workflow for
# each closed one whose preview is still there. With REMOVED: nothing is there any more in the preview of this name. Out: `environment`
# (empty: nothing is to be removed) and `branch`, which the pull request was for.

# shellcheck source-path=SCRIPTDIR source=../deployed.sh disable=SC2153
source "$GITHUB_ACTION_PATH/../deployed.sh"

preview=$(jq -er '.environments[] | select(.preview).name' "$delivery")
repository="repos/$GITHUB_REPOSITORY"

# Marks of a preview, and deployments to it, newest first.
read_traces() { # ENVIRONMENT
  list_marks "$1"
  ask "$work/deployments.json" "$repository/deployments?environment=$1&per_page=100" jq -e 'type == "array"' ||
    fail "No answer" "GitHub has no list of deployments."
  jq -r '[.[].id] | sort | reverse[]' "$work/deployments.json" > "$work/deployments" ||
    fail "Unreadable" "The list of deployments cannot be read."
}

# Whether something was ever deployed to a preview and not removed. A mark is kept for as long as artifacts are, a deployment for ever.
is_there() { # ENVIRONMENT
  local newest state
  read_traces "$1"
  if [ -s "$work/marks" ]; then return 0; fi
  if ! read -r newest < "$work/deployments"; then return 1; fi
  ask "$work/statuses.json" "$repository/deployments/$newest/statuses?per_page=1" jq -e 'type == "array"' || return 1
  state=$(jq -r '.[0].state // "none"' "$work/statuses.json") || fail "Unreadable" "The state of deployment $newest cannot be read."
  [ "$state" != inactive ]
}

# Tells GitHub something, which it may take again.
tell() { # METHOD PATH ARGUMENT...
  local method=$1 path=$2 attempt
  shift 2
  for attempt in 1 2 3 4; do
    if gh api --method "$method" "$path" "$@" > "$work/answer" 2> "$work/said"; then return 0; fi
    # What is gone already is gone.
    if [ "$method" = DELETE ] && grep -q 'HTTP 404' "$work/said"; then return 0; fi
    if [ "$attempt" -lt 4 ]; then pause "$attempt"; fi
  done
  fail "GitHub does not take it" "$path: $(tr '\n' ' ' < "$work/said")"
}

due() { # NUMBER
  local environment="$preview-$1" state
  [[ $1 =~ ^[1-9][0-9]*$ ]] || fail "Not a pull request" "number is the number of a pull request, digits alone."
  ask_pull "$1" || fail "Not a pull request" "This repository has no pull request $1."
  state=$(jq -r .state "$work/pull.json")
  if [ "$state" = open ] && [ "$GITHUB_EVENT_NAME" = workflow_dispatch ]; then
    fail "Still open" "Pull request $1 is open: its next commit would deploy $environment again. Close it first."
  elif [ "$state" = open ]; then
    echo "::notice title=Open again::Pull request $1 was opened again: $environment stays."
    return 0
  elif [ "$GITHUB_EVENT_NAME" != workflow_dispatch ] && ! is_there "$environment"; then
    echo "::notice title=Nothing to remove::Nothing was deployed to $environment."
    return 0
  fi
  { echo "environment=$environment" && jq -r '"branch=\(.base.ref)"' "$work/pull.json"; } >> "$GITHUB_OUTPUT"
}

# Of the hundred that were closed or changed last.
lately() {
  local number left=""
  ask "$work/pulls.json" "$repository/pulls?state=closed&sort=updated&direction=desc&per_page=100" jq -e 'type == "array"' ||
    fail "No answer" "GitHub has no list of pull requests."
  jq -r '.[] | select(.head.repo.full_name == $ENV.GITHUB_REPOSITORY).number' "$work/pulls.json" > "$work/numbers" ||
    fail "Unreadable" "The list of pull requests cannot be read."
  while read -r number; do
    if ! is_there "$preview-$number" < /dev/null; then continue; fi
    if start_on "$GITHUB_REF_NAME" number "$number" < /dev/null; then echo "Started for $preview-$number."; else left="$left $number"; fi
  done < "$work/numbers"
  [ -z "$left" ]
}

removed() { # ENVIRONMENT
  local id run commit left=no
  must_be_closed "${1##*-}"
  read_traces "$1"
  : > "$work/settled"
  while read -r id run commit; do
    lost_since "$id" "$run" < /dev/null
    if [ -z "$lost" ]; then
      echo "$id" >> "$work/settled"
    else
      echo "::error title=Not removed::In $1 is still what $lost left in run $run, and this definition does not remove it. Start this workflow by hand with ${1##*-} on a branch whose definition does, for instance one of $commit." >&2
      left=yes
    fi
  done < "$work/marks"
  # Those that are settled go even so: then the same removal on another branch settles the others.
  if [ "$left" = yes ]; then : > "$work/deployments"; fi
  while read -r id; do
    tell POST "$repository/deployments/$id/statuses" -f state=inactive -f "description=Removed" < /dev/null
  done < "$work/deployments"
  while read -r id; do tell DELETE "$api/artifacts/$id" < /dev/null; done < "$work/settled"
  [ "$left" = no ]
}

if [ -n "$REMOVED" ]; then removed "$REMOVED"; elif [ -n "$NUMBER" ]; then due "$NUMBER"; else lately; fi
