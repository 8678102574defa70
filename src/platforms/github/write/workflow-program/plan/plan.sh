#!/usr/bin/env bash
# Decides what happens: for the whole run, or, under its lock, in one ENVIRONMENT, or for one PIPELINE of a chain. In: in $RUNNER_TEMP
# release-inputs.json, with `PIPELINE__result` of its per-release jobs. Out: one output for each decision, and the plan as a file.

# shellcheck source-path=SCRIPTDIR source=../deployed.sh
source "$GITHUB_ACTION_PATH/../deployed.sh"
program="$GITHUB_ACTION_PATH"

jq -n --slurpfile event "$GITHUB_EVENT_PATH" --slurpfile delivery "$delivery" -f "$program/../facts.jq" > "$work/facts.json"
jq -c '.pipelines[]' "$delivery" > "$work/pipelines"
jq -c '.environments[]' "$delivery" > "$work/environments"
said=$(jq -r '.event, .commit' "$work/facts.json")
{ read -r event && read -r commit; } <<< "$said"

# Runs the planner's rules with one of the programs beside this file.
decide() { # PROGRAM FACTS ARGUMENT...
  local name=$1 facts=$2
  shift 2
  cat "$program/../decide.jq" "$program/places.jq" "$program/$name.jq" > "$work/$name.jq"
  jq -n --argjson facts "$facts" --slurpfile pipelines "$work/pipelines" --slurpfile environments "$work/environments" "$@" \
    --slurpfile changed "$work/changed.json" -f "$work/$name.jq" > "$work/plan.json"
}

# A list out of the plan, in words. Empty: there is nothing.
named() { # LIST
  jq -r --arg list "$1" '.[$list] | join(", ")' "$work/plan.json"
}

# What is checked out of a pull request joins the base (its first parent) with the change; a merge queue says what it comes after.
base_of_change() {
  local base
  base=$(jq -r '.merge_group.base_sha // ""' "$GITHUB_EVENT_PATH")
  if [ -z "$base" ]; then base=$(git rev-parse --verify "HEAD^1^{commit}"); fi
  echo "$base"
}

# Whether the pull request of this run has a preview already, which then follows it whatever it changes: true or false.
has_preview() {
  local preview number
  preview=$(jq -r 'select(.preview).name' "$work/environments")
  number=$(jq -r '.pull // ""' "$work/facts.json")
  if [ -n "$preview" ] && [ -n "$number" ]; then
    list_marks "$preview-$number"
    if [ -s "$work/marks" ]; then
      echo true
      return 0
    fi
  fi
  echo false
}

plan_run() {
  local facts base="" name unready there=false
  facts=$(cat "$work/facts.json")
  echo '{}' > "$work/changed.json"
  decide strangers "$facts"
  unready=$(named strangers)
  if [ -n "$unready" ]; then
    fail "Another branch" "This run is of $GITHUB_REF_NAME, from which nothing is deployed to $unready. Start the workflow on a branch that belongs to it."
  fi
  : > "$work/bases"
  echo '{}' > "$work/deployed.json"
  if [ "$event" = pull-request ]; then
    base=$(base_of_change)
    echo "$base" > "$work/bases"
    there=$(has_preview)
  else
    jq -r 'select(.preview | not).name' "$work/environments" > "$work/names"
    while read -r name; do
      read_deployed "$work/one.json" "$name" < /dev/null
      drop_expired "$work/one.json" "$name" < /dev/null
      jq --arg name "$name" --slurpfile before "$work/deployed.json" '$before[0] + {($name): .pipelines}' "$work/one.json" > "$work/all.json"
      mv "$work/all.json" "$work/deployed.json"
    done < "$work/names"
    jq -r '[.[][].commit] | unique[]' "$work/deployed.json" > "$work/bases"
  fi
  changed_since "$work/changed.json" "$work/bases" "$commit"
  facts=$(jq -c --arg base "$base" --argjson there "$there" '. + {base: $base, there: $there}' "$work/facts.json")
  decide run "$facts" --slurpfile deployed "$work/deployed.json"
  unready=$(named open)
  if [ -n "$unready" ]; then
    fail "Not passed yet" "$(jq -r .wanted "$work/facts.json") comes after environments that this commit has not passed: $unready. Deploy it there first."
  fi
}

plan_environment() { # ENVIRONMENT
  local facts newer back unbuilt place pull
  place_of "$1"
  if [ -n "$pull" ]; then
    # Nothing stands in for anything in a preview: it is there as a whole, and known by its name alone.
    echo '{"commit": "", "pipelines": {}}' > "$work/deployed.json"
  else
    read_deployed "$work/deployed.json" "$1"
    drop_expired "$work/deployed.json" "$1"
  fi
  echo '{"pipelines": {}}' > "$work/moved.json"
  back=$(jq -r .rollbackTo "$work/facts.json")
  if [ -n "$back" ]; then
    [[ $back =~ ^[0-9]+$ ]] || fail "Not a run" "rollback_to is the id of a run, digits alone."
    if ! is_ours "$back" "$1" || ! read_record "$work/moved.json" "$back" "$1" 0; then
      fail "Nothing to go back to" "Run $back left no record of a release in $1, or is not a run of this workflow on a branch of $1. Choose a run that deployed there."
    fi
    commit=$(jq -r .commit "$work/moved.json")
    has_commit "$commit" || fail "Nothing to go back to" "The commit $commit of run $back is not in this repository any more."
  fi
  newer=$(jq -r .commit "$work/deployed.json")
  if [ -z "$back" ] && [ -n "$newer" ] && [ "$newer" != "$commit" ] && has_commit "$newer" && is_before "$commit" "$newer"; then
    fail "Older than what is deployed" "$1 already has the newer commit $newer. To go back on purpose, start the workflow by hand and name the run to go back to."
  fi
  jq -r '[.pipelines[].commit] | unique[]' "$work/deployed.json" > "$work/bases"
  changed_since "$work/changed.json" "$work/bases" "$commit"
  facts=$(jq -c '. + {base: ""}' "$work/facts.json")
  decide environment "$facts" --arg environment "$1" --arg place "$place" --arg commit "$commit" --slurpfile release "$RUNNER_TEMP/release-inputs.json" \
    --slurpfile deployed "$work/deployed.json" --slurpfile moved "$work/moved.json"
  if [ -n "$pull" ] && ! is_wanted "$pull"; then
    echo "::notice title=Not wanted any more::Pull request $pull is closed or has a newer commit: nothing is deployed to $1."
    jq '.decisions |= map_values("skip") | .outputs |= map(if .key | startswith("decision_") then .value = "skip" else . end)' \
      "$work/plan.json" > "$work/unwanted.json"
    mv "$work/unwanted.json" "$work/plan.json"
    return 0
  fi
  if [ -n "$pull" ]; then tell_lacks "$1"; fi
  unbuilt=$(named unbuilt)
  if [ -n "$unbuilt" ]; then
    fail "Not built" "What is deployed to $1 changed while this run waited: now $unbuilt has to be deployed, which this run did not build. Re-run all jobs."
  fi
  begin "$1"
}

# Of a preview: what it cannot have, and what it has from the commit before that nothing removes any more.
tell_lacks() { # PREVIEW
  local mark run commit one
  jq -r '.without[]' "$work/plan.json" > "$work/without"
  while read -r one; do
    echo "::warning title=Not in $1::$one, which pull requests for $(jq -r .branch "$work/facts.json") do not run." >&2
  done < "$work/without"
  list_marks "$1"
  while read -r mark run commit; do
    if [ "$run" = "$GITHUB_RUN_ID" ]; then continue; fi
    lost_since "$mark" "$run" < /dev/null
    if [ -n "$lost" ]; then
      echo "::warning title=Stays in $1::$lost of run $run ($commit) has no removal in this definition: what it left stays in $1. Leave its removal in the definition, or remove by hand what it left." >&2
    fi
    return 0
  done < "$work/marks"
}

# This run deploys to the environment from here on.
begin() { # ENVIRONMENT
  mkdir -p "$RUNNER_TEMP/plan"
  cp "$work/plan.json" "$RUNNER_TEMP/plan/plan.json"
  echo "begins=$1" >> "$GITHUB_OUTPUT"
}

plan_link() { # PIPELINE
  local facts environment="" base="" asked decision missing newer superseded=no branch="refs/remotes/origin/$GITHUB_REF_NAME"
  : > "$work/bases"
  echo '{"pipelines": {}}' > "$work/deployed.json"
  if [ "$event" = pull-request ]; then
    base=$(base_of_change)
    echo "$base" > "$work/bases"
  else
    environment=$(jq -rs --slurpfile facts "$work/facts.json" '
      [.[] | select($facts[0].isBranch and any(.from // [] | .[]; . as $is | $facts[0].branch | test($is))).name] | first // ""' "$work/environments")
    if [ -z "$environment" ]; then
      fail "No environment" "Nothing is deployed from $GITHUB_REF_NAME. Start this from the branch of an environment."
    fi
    asked=$(jq -r .chainCommit "$work/facts.json")
    if [ -n "$asked" ]; then
      [[ $asked =~ ^[0-9a-f]{7,64}$ ]] || fail "Not a commit" "$asked is not the id of a commit."
      commit=$(git rev-parse --verify --quiet "$asked^{commit}") || fail "Not a commit" "This repository has no commit $asked."
      is_before "$commit" "$branch" || fail "Another branch" "The commit $commit is not on $GITHUB_REF_NAME, and only what is goes to $environment."
    fi
    read_deployed "$work/deployed.json" "$environment"
    drop_expired "$work/deployed.json" "$environment"
    jq -r '[.pipelines[].commit] | unique[]' "$work/deployed.json" > "$work/bases"
    if [ "$event" != rollback ]; then
      # Newer than this, here or in something that it needs: the run of that commit comes here too.
      jq -r --arg pipeline "$1" --slurpfile pipelines "$work/pipelines" '
        def upstream($name): [$pipelines[] | select(.name == $name).needs[] | ., upstream(.)[]];
        [.pipelines[$pipeline, upstream($pipeline)[]].commit // empty] | unique[]' "$work/deployed.json" > "$work/commits"
      while read -r newer; do
        if [ "$newer" != "$commit" ] && has_commit "$newer" && is_before "$commit" "$newer"; then superseded=yes; fi
      done < "$work/commits"
    fi
  fi
  changed_since "$work/changed.json" "$work/bases" "$commit"
  facts=$(jq -c --arg base "$base" '. + {base: $base}' "$work/facts.json")
  decide link "$facts" --arg environment "$environment" --arg commit "$commit" --arg pipeline "$1" --arg superseded "$superseded" \
    --slurpfile deployed "$work/deployed.json"
  decision=$(jq -r --arg pipeline "$1" '.decisions[$pipeline]' "$work/plan.json")
  missing=$(named missing)
  if [ -n "$missing" ]; then
    fail "Comes after something else" "$1 needs $missing, which is not deployed to $environment as of $commit. Start that by hand: it goes on to $1 by itself."
  elif [ "$decision" = superseded ]; then
    echo "::notice title=A newer commit is under way::$environment has a newer commit by now, whose run deploys $1 as well."
  elif [ "$decision" = run ] && [ "$event" != pull-request ]; then
    begin "$environment"
  fi
}

if [ -n "$PIPELINE" ]; then plan_link "$PIPELINE"; elif [ -n "$ENVIRONMENT" ]; then plan_environment "$ENVIRONMENT"; else plan_run; fi

jq -r '.outputs[] | "\(.key)=\(.value)"' "$work/plan.json" | tee -a "$GITHUB_OUTPUT"
if [ -n "$ENVIRONMENT" ]; then
  jq -r '"### \(.environment)\n\n| pipeline | |\n|---|---|", (.decisions | to_entries[] | "| \(.key) | \(.value) |"), ""' \
    "$work/plan.json" >> "$GITHUB_STEP_SUMMARY"
elif [ -z "$PIPELINE" ]; then
  jq -r 'if .table == [] then empty else "### What this run deploys\n", .table[], "" end' "$work/plan.json" >> "$GITHUB_STEP_SUMMARY"
fi
