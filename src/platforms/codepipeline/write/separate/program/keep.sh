#!/usr/bin/env bash
# Leaves what a build has made as a candidate: artifacts by digest, the list of the source's files, and last the record.
# What is there already is written again as it was, so that it counts as new and stays; the record is as it was first written.
#
# BATON_BUCKET     where it is left
# BATON_ROOT       folder of the definition in the source; empty: the source itself
# BATON_BRANCH, BATON_PIPELINE, BATON_COMMIT, BATON_RUN, BATON_CODEPIPELINE
# BATON_FUNCTION   name of the function that starts what nobody has built
# BATON_STARTER    name of the rule or the function that starts what was pushed; unset: a trigger does
# BATON_ARTIFACTS  words of the form JOB=ARTIFACT: what CodePipeline hands over as ARTIFACT is left by JOB
set -euo pipefail
export LC_ALL=C

# Leaves an object. Arguments: key, file, what the command is told besides.
leave() {
  local said
  if said="$(aws s3api put-object --bucket "$BATON_BUCKET" --key "$1" --body "$2" "${@:3}" 2>&1)"; then
    return
  fi
  [[ $said == *PreconditionFailed* ]] || { echo "$1: $said" >&2; return 1; }
}

# Digest and path of every file below the current folder, as sha256sum prints it; of a link, what it says.
list_files() {
  local link
  find . -type f -printf '%P\0' | sort -z | xargs -0 -r sha256sum --
  while IFS= read -r -d '' link; do
    if [[ $link == *[$'\n\\']* ]]; then
      echo "the name of a link has a line break or a backslash in it: $link" >&2
      return 1
    fi
    printf '%s  %s\n' "$(readlink -n -- "$link" | sha256sum | cut -d ' ' -f 1)" "$link"
  done < <(find . -type l -printf '%P\0' | sort -z)
}

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# The time of CodePipeline, not of this machine: names sort by it, and running again gives the same name.
run="$(aws codepipeline list-pipeline-executions --pipeline-name "$BATON_CODEPIPELINE" --max-items 100 --output json |
  jq -ec --arg run "$BATON_RUN" '.pipelineExecutionSummaries[] | select(.pipelineExecutionId == $run)')"
started="$(jq -er .startTime <<< "$run")"
# Seconds from the first version of the AWS CLI, a date from the second.
[[ $started == *[!0-9.]* ]] || started="@$started"
# A push builds what is new, and the function what nobody has built; whoever else starts a build wants it anew.
wanted="$(jq -c --arg function "/$BATON_FUNCTION" --arg starter "/${BATON_STARTER:-}" '.trigger // {} |
  (.triggerType == "CloudWatchEvent" or .triggerType == "StartPipelineExecution") and
  (.triggerDetail // "" | ($starter != "/" and endswith($starter)) or endswith($function) | not)' <<< "$run")"
at="$(date -u -d "$started" '+%Y-%m-%dT%H:%M:%S.%3NZ')"
name="$(date -u -d "$started" '+%s%3N')-$BATON_RUN"

artifacts='{}'
for word in ${BATON_ARTIFACTS:-}; do
  folder="CODEBUILD_SRC_DIR_${word#*=}"
  # The same files give the same bytes, whenever they were made.
  tar -C "${!folder}" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$work/packed" .
  digest="$(sha256sum < "$work/packed" | cut -d ' ' -f 1)"
  leave "artifacts/$digest" "$work/packed"
  artifacts="$(jq -c --arg job "${word%%=*}" --arg digest "$digest" '.[$job] = $digest' <<< "$artifacts")"
done

(cd "$CODEBUILD_SRC_DIR/${BATON_ROOT:-}" && list_files) > "$work/files"
leave "commits/$BATON_BRANCH/$BATON_COMMIT/files" "$work/files"

jq -n --arg commit "$BATON_COMMIT" --arg run "$BATON_RUN" --arg at "$at" --argjson wanted "$wanted" --argjson artifacts "$artifacts" \
  '{version: 1, commit: $commit, run: $run, at: $at, isWantedAnew: $wanted, artifacts: $artifacts}' > "$work/record"
leave "candidates/$BATON_BRANCH/$BATON_PIPELINE/$name.json" "$work/record" --if-none-match '*'
echo "Kept as candidates/$BATON_BRANCH/$BATON_PIPELINE/$name.json"
