# shellcheck shell=bash disable=SC2034
# What is deployed to an environment, and what has changed since.

# shellcheck source-path=SCRIPTDIR source=answers.sh
source "${BASH_SOURCE[0]%/*}/answers.sh"
export LC_ALL=C.UTF-8

# Without it no record could be read, which is no fault of GitHub's.
require unzip

# The record of an environment, into a file: that of the run which began last. Nothing is known when that run did not get as far
# as to write it down, when GitHub does not keep it any more, or when the branch of a later run is gone: then everything counts as
# changed. Only the commit is kept.
read_deployed() { # FILE ENVIRONMENT
  find_begun "$2"
  if [ -n "$begun_since" ]; then
    echo "::notice title=Nothing is known of $2::Run $begun_since began to deploy to $2 and its commit is not on its branch any more: everything is deployed again." >&2
  elif [ -n "$begun_run" ] && read_record "$1" "$begun_run" "$2" "$begun_mark"; then
    return 0
  elif [ -n "$begun_run" ]; then
    echo "::notice title=Nothing is known of $2::Run $begun_run began to deploy to $2 and its record is not there (it failed, or GitHub does not keep it any more): everything is deployed again." >&2
  fi
  jq -n --arg commit "$begun_commit" '{commit: $commit, pipelines: {}}' > "$1"
}

# The record that a run left of an environment, when it is newer than an artifact. Status 1: there is none.
read_record() { # FILE RUN ENVIRONMENT MARK
  local id verdict
  list_artifacts "$work/list.json" "$api/runs/$2/artifacts?name=release-$3&per_page=100" || return 1
  id=$(jq -r --argjson mark "$4" '[.artifacts[] | select((.expired | not) and .id > $mark).id] | max // ""' "$work/list.json") ||
    fail "Unreadable" "The artifacts of run $2 cannot be read."
  if [ -z "$id" ]; then return 1; fi
  read_artifact "$1" "$id" || return 1
  verdict=$(jq -r --arg environment "$3" 'type == "object" and .version == 1 and .environment == $environment and (.pipelines | type) == "object"
    and (.commit | test("^[0-9a-f]{40,64}$"))' "$1") || fail "Unreadable" "The record of run $2 cannot be read."
  if [ "$verdict" != true ]; then fail "Unreadable" "What run $2 left as the record of $3 is none."; fi
}

# Starts this very workflow on a branch, for what an input names. Status 1: GitHub would not, and said why.
start_on() { # BRANCH INPUT VALUE
  local attempt workflow=${GITHUB_WORKFLOW_REF%@*}
  for attempt in 1 2 3; do
    if gh api --method POST "$api/workflows/${workflow##*/}/dispatches" -f "ref=$1" -f "inputs[$2]=$3" > "$work/answer" 2> "$work/said"; then return 0; fi
    if [ "$attempt" -lt 3 ]; then pause "$attempt"; fi
  done
  echo "::error title=Not started::${workflow##*/} cannot be started for $3 on $1: $(tr '\n' ' ' < "$work/said")" >&2
  return 1
}

# Starts this very workflow for every environment that something was deployed to, where QUESTION RUN ENVIRONMENT MARK says so: on the
# branch that deployed there, because only a run of that branch is believed and let in.
start_where() { # QUESTION
  local name branch left=""
  jq -r '.environments[] | select(.preview | not).name' "$delivery" > "$work/names"
  while read -r name; do
    without_history=yes find_begun "$name" < /dev/null
    if [ -z "$begun_run" ] || ! "$1" "$begun_run" "$name" "$begun_mark"; then continue; fi
    branch=$(jq -er .head_branch "$work/run.json") || fail "Unreadable" "What GitHub says of run $begun_run cannot be read."
    if start_on "$branch" environment "$name" < /dev/null; then echo "Started for $name on $branch."; else left="$left $name"; fi
  done < "$work/names"
  # One that cannot be started holds up no other.
  [ -z "$left" ]
}

# Marks by which runs of this repository said that they begin to deploy to a preview, into $work/marks, newest first: artifact, run, commit.
list_marks() { # ENVIRONMENT
  list_artifacts "$work/list.json" "$api/artifacts?name=started-$1&per_page=100" || fail "No answer" "GitHub has no list of artifacts."
  jq -r '.artifacts | sort_by(-.id)[] | select(.workflow_run.head_repository_id == .workflow_run.repository_id)
    | "\(.id) \(.workflow_run.id) \(.workflow_run.head_sha)"' "$work/list.json" > "$work/marks" || fail "Unreadable" "The list of artifacts cannot be read."
}

# Jobs that deployed to a preview when a mark was made and have no removal in this definition, as `lost`. A preview has no record: who
# has made a mark can make no more of it than that people look.
lost_since() { # MARK RUN
  lost=""
  if ! read_artifact "$work/mark.json" "$1"; then
    echo "::warning title=Not known any more::GitHub has not kept what run $2 deployed: a job that the definition has lost since is not known." >&2
    return 0
  fi
  lost=$(jq -r --slurpfile delivery "$delivery" '
    [$delivery[0].pipelines[] | .name as $pipeline | .jobs | to_entries[] | select(.value.removes) | "\($pipeline).\(.key)"] as $removed
    | (.removes // []) - $removed | map(select(test("^[A-Za-z0-9_.-]+$"))) | join(", ")' "$work/mark.json") ||
    fail "Unreadable" "What run $2 deployed cannot be read."
}

# Takes artifacts out of a record that GitHub no longer has under the name by which jobs look for them now: what others need of them
# has to be made again.
drop_expired() { # FILE ENVIRONMENT
  local run
  jq -c --slurpfile delivery "$delivery" --arg environment "$2" '
    .pipelines as $deployed
    | [$delivery[0].pipelines[] | .name as $pipeline | (.artifacts // [])[] | select(.taken)
      | .name as $artifact | (if .per == "release" then .stored else .stored + $environment end) as $name
      | $deployed[$pipeline].artifacts[$artifact] // empty | {pipeline: $pipeline, artifact: $artifact, run, name: $name}]' "$1" > "$work/taken.json" ||
    fail "Unreadable" "The record cannot be read."
  if [ "$(cat "$work/taken.json")" = "[]" ]; then return 0; fi
  jq -r '[.[].run | tostring] | unique[]' "$work/taken.json" > "$work/runs" || fail "Unreadable" "The record cannot be read."
  while read -r run; do
    [[ $run =~ ^[0-9]+$ ]] || fail "Unreadable" "The record names \"$run\" as a run."
    kept_names "$work/kept-names" "$run"
    jq --slurpfile taken "$work/taken.json" --rawfile names "$work/kept-names" --arg run "$run" '
      ($names | split("\n")) as $kept
      | reduce ($taken[0][] | select((.run | tostring) == $run and (.name | IN($kept[]) | not))) as $gone (.;
          del(.pipelines[$gone.pipeline].artifacts[$gone.artifact]))' "$1" > "$work/kept.json" || fail "Unreadable" "The record cannot be read."
    mv "$work/kept.json" "$1"
  done < "$work/runs"
}

# Names of the artifacts of a run that GitHub still has, into a file.
kept_names() { # FILE RUN
  local page length
  : > "$1"
  for page in 1 2 3 4 5 6 7 8 9 10; do
    list_artifacts "$work/list.json" "$api/runs/$2/artifacts?per_page=100&page=$page" || return 0
    jq -r '(.artifacts | length), (.artifacts[] | select(.expired | not).name)' "$work/list.json" > "$work/page" ||
      fail "Unreadable" "The artifacts of run $2 cannot be read."
    read -r length < "$work/page" || fail "Unreadable" "The artifacts of run $2 cannot be read."
    tail -n +2 "$work/page" >> "$1"
    if [ "$length" -lt 100 ]; then return 0; fi
  done
}

# Paths that differ between each commit of a list and another one, into a file. A commit that git does not know is left out, so
# that everything counts as changed since.
changed_since() { # FILE LIST COMMIT
  local base
  echo '{}' > "$1"
  while read -r base; do
    if [ -z "$base" ] || ! has_commit "$base"; then continue; fi
    git diff --name-only --no-renames -z "$base" "$3" > "$work/paths" || fail "git failed" "$base and $3 cannot be compared."
    jq -Rs --arg base "$base" --slurpfile before "$1" '$before[0] + {($base): (split("\u0000") | map(select(. != "")))}' "$work/paths" > "$work/changed" ||
      fail "Unreadable" "What differs between $base and $3 cannot be read."
    mv "$work/changed" "$1"
  done < "$2"
}
