import { recordName, startedName } from "../names.ts";

/**
 * Shell functions around what is deployed. They read two artifacts of an environment: `started-…`, left under the lock by
 * every run that begins to deploy, and `release-…`, left at its end.
 */
const readDeployed = String.raw`api="repos/$GITHUB_REPOSITORY/actions"

# The newest artifact of this name from a run of this repository, never of a fork: its id, run, commit, and whether it expired.
newest() {
  gh api "$api/artifacts?name=$1&per_page=100" --jq '
    [.artifacts[] | select(.workflow_run.head_repository_id == .workflow_run.repository_id)] | max_by(.id)
    | if . == null then "0 - - true" else "\(.id) \(.workflow_run.id) \(.workflow_run.head_sha) \(.expired)" end'
}

# What is deployed to an environment, into a file. Nothing is known when the last run that began to deploy there did not
# get as far as to write it down, or when that expired: then everything counts as changed. Only the commit is kept.
read_deployed() {
  local started_id started_run started_commit record_id record_run expired
  read -r started_id started_run started_commit _ <<< "$(newest "${startedName("$1")}")"
  read -r record_id record_run _ expired <<< "$(newest "${recordName("$1")}")"
  if [ "$expired" = false ] && [ "$record_run" = "$started_run" ] && [ "$record_id" -gt "$started_id" ]; then
    gh api "$api/artifacts/$record_id/zip" > "$work/record.zip"
    unzip -p "$work/record.zip" > "$2"
  else
    jq -n --arg commit "$started_commit" '{commit: $commit, pipelines: {}}' > "$2"
  fi
}
`;

const dropExpired = String.raw`
# Takes artifacts out of a record that GitHub no longer has: what others need of them has to be made again.
drop_expired() {
  local pipeline artifact run name kept
  while read -r pipeline artifact run name; do
    kept=$(gh api "$api/runs/$run/artifacts?name=$name" --jq '[.artifacts[] | select(.expired | not)] | length')
    if [ "$kept" = 0 ]; then
      jq --arg pipeline "$pipeline" --arg artifact "$artifact" \
        'del(.pipelines[$pipeline].artifacts[$artifact])' "$1" > "$work/kept.json"
      mv "$work/kept.json" "$1"
    fi
  done < <(jq -r --argjson pipelines "$PIPELINES" '
    .pipelines as $deployed
    | $pipelines[] | .name as $pipeline | (.artifacts // [])[] | select(.taken) | .name as $artifact
    | $deployed[$pipeline].artifacts[$artifact] // empty
    | "\($pipeline) \($artifact) \(.run) \(.name)"' "$1")
}
`;

const changedSince = String.raw`
# Paths that differ between each commit on standard input and this one. A commit that git does not know is left out, so
# that everything counts as changed since.
changed_since() {
  local base
  while read -r base; do
    if git cat-file -e "$base^{commit}" 2> /dev/null; then
      git diff --name-only --no-renames -z "$base" "$COMMIT" |
        jq -Rs --arg base "$base" '{($base): (split("\u0000") | map(select(. != "")))}'
    fi
  done | jq -s 'add // {}'
}
`;

/** What the two planning scripts share. `handsOverArtifacts`: some pipeline takes artifacts of another. */
export interface ScriptParts {
  readonly handsOverArtifacts: boolean;
  /** The one environment that comes before. */
  readonly after?: string;
}

export function deployedFunctions({ handsOverArtifacts }: ScriptParts): string {
  return `work=$(mktemp -d)
export LC_ALL=C.UTF-8
${readDeployed}${handsOverArtifacts ? dropExpired : ""}${changedSince}`;
}

export const factsCommand = String.raw`facts=$(jq -n --arg event "$EVENT" --arg branch "$BRANCH" --arg schedule "$SCHEDULE" --arg force "$FORCE" \
  --arg base "$COMPARED_WITH" --argjson parameters "$PARAMETERS" \
  '{event: $event, branch: $branch, schedule: $schedule, force: ($force == "true"), base: $base, parameters: $parameters}')
`;
