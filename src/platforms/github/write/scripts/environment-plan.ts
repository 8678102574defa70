import { recordName } from "../names.ts";
import { decideProgram } from "./decide.ts";
import { deployedFunctions, factsCommand, type ScriptParts } from "./deployed.ts";

/**
 * Under the lock of one environment: refuses an older commit, then decides for every pipeline.
 *
 * In: `ENVIRONMENT`, `COMMIT`, `EVENT`, `BRANCH`, `COMPARED_WITH`, `SCHEDULE`, `FORCE`, `PARAMETERS`, `ROLLBACK_TO`, `BUILT` (JSON:
 * pipeline to result of its per-release jobs), `PIPELINES`. Out: one output for each pipeline, `handed`, `before`, `commit`.
 */
export function environmentPlanScript(parts: ScriptParts): string {
  const { after } = parts;
  return String.raw`${deployedFunctions(parts)}
read_deployed "$ENVIRONMENT" "$work/deployed.json"
${parts.handsOverArtifacts ? 'drop_expired "$work/deployed.json"\n' : ""}echo '{"pipelines": {}}' > "$work/moved.json"
if [ -n "$ROLLBACK_TO" ]; then
  # Bound to the run that was asked for.
  id=$(gh api "$api/runs/$ROLLBACK_TO/artifacts?name=${recordName("$ENVIRONMENT")}" \
    --jq '[.artifacts[] | select(.expired | not) | .id] | max // empty')
  if [ -z "$id" ]; then
    echo "::error title=Nothing to go back to::Run $ROLLBACK_TO left no record of a release in $ENVIRONMENT. Choose a run that deployed there."
    exit 1
  fi
  gh api "$api/artifacts/$id/zip" > "$work/moved.zip"
  unzip -p "$work/moved.zip" > "$work/moved.json"
  COMMIT=$(jq -r .commit "$work/moved.json")
fi

${after === undefined ? "" : passedBefore(after)}newer=$(jq -r .commit "$work/deployed.json")
if [ -z "$ROLLBACK_TO" ] && [ "$newer" != "$COMMIT" ] && git merge-base --is-ancestor "$COMMIT" "$newer" 2> /dev/null; then
  echo "::error title=Older than what is deployed::$ENVIRONMENT already has the newer commit $newer. To go back on purpose, start the workflow by hand and name the run to go back to."
  exit 1
fi

jq -r '.pipelines[].commit' "$work/deployed.json" | sort -u | changed_since > "$work/changed.json"
${factsCommand}
cat > "$work/plan.jq" <<'JQ'
${decideProgram}
# Of what a rollback brings, that which is made once for all environments.
def built($products; $values):
  ($values // {}) | with_entries(select(.key as $key | any($products // [] | .[]; .name == $key and .per == "release")));

$deployed[0].pipelines as $record
| $moved[0].pipelines as $moved
| decide($environment; $record; $moved; $changed[0]) as $decisions
| {
    decisions: $decisions,
    commit: $commit,
    before: $record,
    # What stands in for a run: where a pipeline does not run what is deployed, in a rollback what was built back then.
    handed: ([$pipelines[]
      | if $decisions[.name] != "run" then {key: .name, value: ($record[.name] // empty | {outputs, artifacts})}
        elif $facts.event == "rollback" then {key: .name, value: {
          outputs: built(.outputs; $moved[.name].outputs),
          artifacts: built(.artifacts; $moved[.name].artifacts)}}
        else empty
        end] | from_entries),
    unbuilt: [$pipelines[]
      | select(.builds and $decisions[.name] == "run" and $facts.event != "rollback" and $built[.name] == "skipped").name]
  }
JQ
jq -n --argjson pipelines "$PIPELINES" --argjson facts "$facts" --argjson built "$BUILT" \
  --arg environment "$ENVIRONMENT" --arg commit "$COMMIT" --slurpfile deployed "$work/deployed.json" \
  --slurpfile moved "$work/moved.json" --slurpfile changed "$work/changed.json" \
  -f "$work/plan.jq" > "$work/plan.json"

unbuilt=$(jq -r '.unbuilt | join(", ")' "$work/plan.json")
if [ -n "$unbuilt" ]; then
  echo "::error title=Not built::What is deployed to $ENVIRONMENT changed while this run waited: now $unbuilt has to be deployed, which this run did not build. Re-run all jobs."
  exit 1
fi
jq -r '(.decisions | to_entries[] | "\(.key)=\(.value)"),
  "handed=\(.handed | tojson)", "before=\(.before | tojson)", "commit=\(.commit)"' "$work/plan.json" | tee -a "$GITHUB_OUTPUT"
jq -r --arg environment "$ENVIRONMENT" '"### \($environment)\n\n| pipeline | |\n|---|---|",
  (.decisions | to_entries[] | "| \(.key) | \(.value) |"), ""' "$work/plan.json" >> "$GITHUB_STEP_SUMMARY"
mkdir -p "$RUNNER_TEMP/started"
echo "$GITHUB_RUN_ID" > "$RUNNER_TEMP/started/run"
`;
}

/** In: `UPSTREAM_RUN`, the run whose end started this one, or nothing. */
function passedBefore(after: string): string {
  return `if [ -n "$UPSTREAM_RUN" ]; then
  # What that very run deployed, not whatever is there by now.
  id=$(gh api "$api/runs/$UPSTREAM_RUN/artifacts?name=${recordName(after)}" --jq '[.artifacts[] | .id] | max // empty')
  gh api "$api/artifacts/$id/zip" > "$work/earlier.zip"
  unzip -p "$work/earlier.zip" > "$work/earlier.json"
  if [ "$(jq -r .commit "$work/earlier.json")" != "$COMMIT" ]; then
    echo "::error title=Another commit::Run $UPSTREAM_RUN deployed another commit to ${after} than $COMMIT (it went back to an earlier release)."
    exit 1
  fi
elif [ "$EVENT" = manual ]; then
  read_deployed ${after} "$work/earlier.json"
  earlier=$(jq -r .commit "$work/earlier.json")
  if [ "$earlier" != "$COMMIT" ] && ! git merge-base --is-ancestor "$COMMIT" "$earlier" 2> /dev/null; then
    echo "::error title=Not passed yet::$COMMIT has not passed ${after}, which comes before $ENVIRONMENT. Deploy it there first."
    exit 1
  fi
fi

`;
}
