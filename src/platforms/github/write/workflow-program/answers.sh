# shellcheck shell=bash disable=SC2034
# Questions to GitHub and to git, for the programs beside this file. No answer is never taken for an answer: what may pass is
# asked again, and what stays unanswered ends the program.

# shellcheck source-path=SCRIPTDIR source=base.sh
source "${BASH_SOURCE[0]%/*}/base.sh"

require jq
work=$(mktemp -d)
api="repos/$GITHUB_REPOSITORY/actions"
delivery="${BASH_SOURCE[0]%/*}/delivery.json"

# GitHub's answer into a file, which CHECK must accept. Status 1: GitHub says that there is no such thing.
ask() { # FILE PATH CHECK...
  local file=$1 path=$2 attempt
  shift 2
  for attempt in 1 2 3 4 5 6; do
    if gh api "$path" > "$file" 2> "$work/said"; then
      if "$@" "$file" > "$work/checked" 2>&1; then return 0; fi
      echo "the answer is not whole" > "$work/said"
    elif grep -qE 'HTTP (404|410)' "$work/said"; then
      return 1
    elif grep -qE 'HTTP (401|422)|HTTP 403' "$work/said" && ! grep -qi 'rate limit' "$work/said"; then
      break
    fi
    if [ "$attempt" -lt 6 ]; then pause "$attempt"; fi
  done
  fail "GitHub does not answer" "$path: $(tr '\n' ' ' < "$work/said")"
}

# Waits before a question is asked again: longer each time, and to the end of the hour's limit where that is used up and its end
# near. GitHub has other limits beside it, which say nothing of when they end.
pause() { # ATTEMPT
  local seconds=$((2 * $1 * $1)) reset
  if grep -qiE 'rate limit|HTTP 429' "$work/said"; then
    seconds=60
    if reset=$(gh api rate_limit --jq '.resources.core | if .remaining > 0 then 0 else .reset end' 2> "$work/ignored") && [[ $reset =~ ^[0-9]+$ ]]; then
      reset=$((reset - $(date +%s) + 1))
      if [ "$reset" -gt 900 ]; then fail "Rate limit" "GitHub takes no more questions for $reset seconds. Re-run this job then."; fi
      if [ "$reset" -gt 60 ]; then seconds=$reset; fi
    fi
  fi
  echo "asking again in $seconds s: $(tr '\n' ' ' < "$work/said")" >&2
  sleep "$seconds"
}

# A whole list of artifacts: an empty one must say that there are none.
list_artifacts() { # FILE PATH
  ask "$1" "$2" jq -e '(.artifacts | type) == "array" and (.total_count | type) == "number"
    and ((.artifacts | length) > 0 or .total_count == 0)'
}

# What is in the one file of an artifact. Status 1: GitHub does not have it any more.
read_artifact() { # FILE ID
  ask "$work/artifact.zip" "$api/artifacts/$2/zip" unzip -tqq || return 1
  unzip -p "$work/artifact.zip" > "$1" || fail "Unreadable" "Artifact $2 cannot be unpacked."
}

# Whether a run speaks for an environment: it is of this very workflow, was started by what deploys, on a branch that belongs
# to the environment, with a commit that this branch has (a tag may have the name of a branch). Anybody who may push any branch
# can leave artifacts of any name; nobody gets past this. Status 1: it does not. Status 2: it would, but the branch is gone or was
# rewritten, so that nobody can tell any more.
is_ours() { # RUN ENVIRONMENT
  local verdict said commit branch status=0
  ask "$work/run.json" "$api/runs/$1" jq -e '.id and .path and .event and .head_sha and .repository.id' || return 1
  said=$(jq -r --slurpfile delivery "$delivery" --slurpfile event "$GITHUB_EVENT_PATH" --arg environment "$2" '
    def passes($patterns): . as $name | any($patterns[]; . as $is | $name | test($is));
    ($delivery[0].environments[] | select(.name == $environment)) as $place
    | .repository.id == .head_repository.id
      and (.path | split("@")[0] | IN($delivery[0].workflows[]))
      and (.event | IN("push", "schedule", "workflow_dispatch"))
      and (.head_branch != null)
      and (.head_branch | if $place | has("from") then passes($place.from) else . == $event[0].repository.default_branch end)
    | tostring' "$work/run.json" && jq -r '.head_sha, .head_branch' "$work/run.json") ||
    fail "Unreadable" "What GitHub says of run $1 cannot be read."
  { read -r verdict && read -r commit && read -r branch; } <<< "$said" || fail "Unreadable" "What GitHub says of run $1 cannot be read."
  case "$verdict" in
    true) ;;
    false) return 1 ;;
    *) fail "Unreadable" "What GitHub says of run $1 cannot be read." ;;
  esac
  if [ "${without_history:-no}" = yes ]; then return 0; fi
  has_commit "$commit" || return 2
  git rev-parse --verify --quiet "refs/remotes/origin/$branch" > "$work/checked" || status=$?
  if [ "$status" -eq 1 ]; then return 2; fi
  if [ "$status" -ne 0 ]; then fail "git failed" "The branch $branch cannot be looked up."; fi
  is_before "$commit" "refs/remotes/origin/$branch" || return 2
}

# What the definition calls an environment, as `place`, and of a preview the number of its pull request, as `pull` (else empty).
place_of() { # ENVIRONMENT
  pull=""
  place=$(jq -r --arg environment "$1" '[.environments[] | select(.preview).name as $name
    | select($environment | test("^\($name)-[0-9]+$")) | $name][0] // $environment' "$delivery") || fail "Unreadable" "The data of the delivery cannot be read."
  if [ "$place" != "$1" ]; then pull=${1##*-}; fi
}

# What GitHub says of a pull request, as $work/pull.json. Status 1: there is none.
ask_pull() { # NUMBER
  ask "$work/pull.json" "repos/$GITHUB_REPOSITORY/pulls/$1" \
    jq -e '(.state | IN("open", "closed")) and (.head.sha | type) == "string" and (.base.ref | type) == "string"'
}

# Nothing is taken away from a pull request that is open. Jobs can be run again by themselves, long after it was asked before.
must_be_closed() { # NUMBER
  local state
  ask_pull "$1" || fail "Not a pull request" "This repository has no pull request $1."
  state=$(jq -r .state "$work/pull.json") || fail "Unreadable" "What GitHub says of pull request $1 cannot be read."
  [ "$state" = closed ] ||
    fail "Open again" "Pull request $1 is open: nothing more of its preview is removed. Its next deployment deploys all of it again."
}

# Whether the pull request that this run is about is open, with no newer commit. Status 1: its preview is not wanted any more.
is_wanted() { # NUMBER
  local verdict
  ask_pull "$1" || return 1
  verdict=$(jq -r --arg number "$1" --slurpfile event "$GITHUB_EVENT_PATH" '$event[0].pull_request as $own
    | .state == "open" and ($own.number | tostring) == $number and .head.sha == $own.head.sha | tostring' "$work/pull.json") ||
    fail "Unreadable" "What GitHub says of pull request $1 cannot be read."
  [ "$verdict" = true ]
}

# Whether git knows a commit.
has_commit() { # COMMIT
  local status=0
  GIT_NO_LAZY_FETCH=1 git rev-parse --verify --quiet "$1^{commit}" > "$work/checked" || status=$?
  if [ "$status" -gt 1 ]; then fail "git failed" "The commit $1 cannot be looked up."; fi
  return "$status"
}

# Whether the first commit is the second or comes before it.
is_before() { # COMMIT COMMIT
  local status=0
  git merge-base --is-ancestor "$1" "$2" || status=$?
  if [ "$status" -gt 1 ]; then fail "git failed" "$1 and $2 cannot be compared."; fi
  return "$status"
}

# The run that began last to deploy to an environment: `begun_run`, the artifact that is its mark, and its commit. Empty: none.
# `begun_since`: a run that began after it, of which nobody can tell any more whether it was one of ours.
find_begun() { # ENVIRONMENT
  local page length sorted
  begun_run="" begun_mark=0 begun_commit="" begun_since=""
  : > "$work/marks"
  for page in 1 2 3 4 5 6 7 8 9 10; do
    list_artifacts "$work/list.json" "$api/artifacts?name=started-$1&per_page=100&page=$page" ||
      fail "No answer" "GitHub has no list of artifacts."
    # How many there are, whether the newest comes first, and those of no fork.
    jq -r '(.artifacts | length), ([.artifacts[].id] | . == (sort | reverse)),
      (.artifacts | sort_by(-.id)[] | select(.workflow_run.head_repository_id == .workflow_run.repository_id)
        | "\(.id) \(.workflow_run.id) \(.workflow_run.head_sha)")' "$work/list.json" > "$work/page" ||
      fail "Unreadable" "The list of artifacts cannot be read."
    { read -r length && read -r sorted; } < "$work/page" || fail "Unreadable" "The list of artifacts cannot be read."
    tail -n +3 "$work/page" > "$work/rows"
    cat "$work/rows" >> "$work/marks"
    if [ "$sorted" = true ] && newest_of "$work/rows" "$1"; then return 0; fi
    if [ "$length" -lt 100 ]; then
      # Not newest first: only all of them together tell.
      if [ "$sorted" != true ] || [ "$page" -gt 1 ]; then
        sort -rn "$work/marks" > "$work/sorted" || fail "Unreadable" "The list of artifacts cannot be sorted."
        newest_of "$work/sorted" "$1" || true
      fi
      return 0
    fi
  done
  fail "Too many marks" "None of the newest $((page * 100)) artifacts called started-$1 is of a run of this workflow on a branch of $1. Whoever made them hides what is deployed: find them and delete them."
}

# The first of a list of marks that is ours. Status 1: none is.
newest_of() { # FILE ENVIRONMENT
  local mark run commit verdict
  while read -r mark run commit; do
    verdict=0
    if [ "$run" != "$GITHUB_RUN_ID" ]; then is_ours "$run" "$2" || verdict=$?; elif [ "${not_mine:-no}" = yes ]; then verdict=1; fi
    if [ "$verdict" -eq 0 ]; then
      begun_run=$run begun_mark=$mark begun_commit=$commit
      return 0
    fi
    if [ "$verdict" -eq 2 ]; then begun_since=${begun_since:-$run}; fi
  done < "$1"
  return 1
}
