import { decideProgram } from "./decide.ts";
import { deployedFunctions, factsCommand, type ScriptParts } from "./deployed.ts";

/**
 * For one pipeline of a chain, under the lock of its environment: what the run before handed on (bound to that very run), then
 * whether this pipeline runs.
 *
 * In: `PIPELINE`, `ROOT` (the first of its chain), `ENVIRONMENT`, `COMMIT`, `GO_BACK_TO` (a commit, by hand), `UPSTREAM_RUN`,
 * `EVENT`, `BRANCH`, `SCHEDULE`, `FORCE`, `PARAMETERS`, `PIPELINES` (those before it, and itself). Out: `decision`, `commit`,
 * `event`, `handed`; files `$RUNNER_TEMP/started/run` and `$RUNNER_TEMP/handoff/handoff.json`.
 */
export function chainedPlanScript(parts: ScriptParts): string {
  return String.raw`${deployedFunctions(parts)}
if [ "$EVENT" != pull-request ] && [ -z "$ENVIRONMENT" ]; then
  echo "::error title=No environment::Nothing is deployed from the branch $BRANCH. Start this from the branch of an environment."
  exit 1
fi
COMPARED_WITH=""
chain=$GITHUB_RUN_ID
superseded=no
mkdir -p "$RUNNER_TEMP/started" "$RUNNER_TEMP/handoff"
if [ -n "$UPSTREAM_RUN" ]; then
  # Bound to the run whose end started this one.
  id=$(gh api "$api/runs/$UPSTREAM_RUN/artifacts?name=handoff" --jq '[.artifacts[].id] | max // empty')
  gh api "$api/artifacts/$id/zip" > "$work/handoff.zip"
  unzip -p "$work/handoff.zip" > "$work/handoff.json"
  COMMIT=$(jq -r .commit "$work/handoff.json")
  EVENT=$(jq -r .event "$work/handoff.json")
  chain=$(jq -r .chain "$work/handoff.json")
  read -r _ newest_chain _ <<< "$(newest "chain-$ENVIRONMENT-$ROOT")"
  if [ "$newest_chain" != "$chain" ]; then superseded=yes; fi
elif [ -n "$GO_BACK_TO" ]; then
  EVENT=rollback
  COMMIT=$(git rev-parse --verify "$GO_BACK_TO^{commit}")
fi

echo '{"pipelines": {}}' > "$work/deployed.json"
if [ "$EVENT" = pull-request ]; then
  # What is checked out joins the base (its first parent) with the change.
  COMPARED_WITH=$(git rev-parse HEAD^1)
  echo "$COMPARED_WITH" | changed_since > "$work/changed.json"
else
  for name in $(jq -nr --argjson pipelines "$PIPELINES" '$pipelines[].name'); do
    read_deployed "$ENVIRONMENT-$name" "$work/$name.json"
    cat "$work/$name.json"
  done | jq -s '{pipelines: (map(.pipelines) | add)}' > "$work/deployed.json"
${parts.handsOverArtifacts ? '  drop_expired "$work/deployed.json"\n' : ""}  jq -r '.pipelines[].commit' "$work/deployed.json" | sort -u | changed_since > "$work/changed.json"
  newer=$(jq -r .commit "$work/$PIPELINE.json")
  if [ "$EVENT" != rollback ] && [ "$newer" != "$COMMIT" ] && git merge-base --is-ancestor "$COMMIT" "$newer" 2> /dev/null; then
    superseded=yes
  fi
fi
${factsCommand}
cat > "$work/plan.jq" <<'JQ'
${decideProgram}
$deployed[0].pipelines as $record
| decide($environment; $record; {}; $changed[0]) as $decisions
| {
    decision: (if $superseded == "yes" then "superseded" else $decisions[$pipeline] end),
    missing: [$pipelines[] | select(.name != $pipeline and $decisions[.name] == "run").name],
    handed: ($record | del(.[$pipeline]))
  }
JQ
jq -n --argjson pipelines "$PIPELINES" --argjson facts "$facts" --arg environment "$ENVIRONMENT" --arg pipeline "$PIPELINE" \
  --arg superseded "$superseded" --slurpfile deployed "$work/deployed.json" --slurpfile changed "$work/changed.json" \
  -f "$work/plan.jq" > "$work/plan.json"

decision=$(jq -r .decision "$work/plan.json")
missing=$(jq -r '.missing | join(", ")' "$work/plan.json")
if [ "$decision" = superseded ]; then
  echo "::notice title=A newer commit is under way::$ENVIRONMENT belongs to a newer run by now, which deploys $PIPELINE as well."
elif [ "$decision" = run ] && [ "$EVENT" != pull-request ] && [ -n "$missing" ]; then
  echo "::error title=Comes after something else::$PIPELINE needs $missing, which is not deployed to $ENVIRONMENT as of $COMMIT. Start it by hand: it goes on to $PIPELINE by itself."
  exit 1
fi
echo "$chain" > "$RUNNER_TEMP/started/run"
jq -n --arg commit "$COMMIT" --arg event "$EVENT" --arg chain "$chain" '{commit: $commit, event: $event, chain: $chain}' \
  > "$RUNNER_TEMP/handoff/handoff.json"
{
  echo "decision=$decision"
  echo "commit=$COMMIT"
  echo "event=$EVENT"
  jq -r '"handed=\(.handed | tojson)"' "$work/plan.json"
} | tee -a "$GITHUB_OUTPUT"
`;
}

/**
 * In: `PIPELINE`, `ENVIRONMENT`, `COMMIT`, `RESULTS` (the `needs` context), `OUTPUTS` and `ARTIFACTS` (JSON: name to the value that
 * stands for it). Out: the record; fails when a job did not end well. A pipeline that failed half way is left out of it.
 */
export const chainedRecordScript = `mkdir -p "$RUNNER_TEMP/record"
good=$(jq -r 'if any(.[]; .result == "failure" or .result == "cancelled") then "no" else "yes" end' <<< "$RESULTS")
jq -n --arg pipeline "$PIPELINE" --arg environment "$ENVIRONMENT" --arg commit "$COMMIT" --arg run "$GITHUB_RUN_ID" \\
  --arg good "$good" --argjson outputs "$OUTPUTS" --argjson artifacts "$ARTIFACTS" '
  {version: 1, environment: $environment, run: $run, commit: $commit, pipelines: (
    if $good == "no" then {}
    else {($pipeline): {release: ($run | tonumber), commit: $commit, outputs: ($outputs | with_entries(select(.value != ""))),
      artifacts: ($artifacts | with_entries(select(.value.digest != "") | .value.run = $run))}}
    end)}' | tee "$RUNNER_TEMP/record/release.json"
`;

/** In: `OUTPUTS` (JSON: output to its value), `NAMES` (JSON: output to the parameter's name). Out: `NAME_parameter`. */
export const keepScript = `for name in $(jq -r 'keys[]' <<< "$NAMES"); do
  parameter=$(jq -r --arg name "$name" '.[$name]' <<< "$NAMES")
  version=$(jq -r --arg name "$name" '{Name: $parameter, Value: .[$name], Type: "String", Overwrite: true}' \\
    --arg parameter "$parameter" <<< "$OUTPUTS" > "$RUNNER_TEMP/parameter.json" &&
    aws ssm put-parameter --cli-input-json "file://$RUNNER_TEMP/parameter.json" --query Version --output text)
  echo "$name""_parameter=$parameter:$version" | tee -a "$GITHUB_OUTPUT"
done
`;

/** In: `PARAMETERS` (JSON: output to `name:version` in Parameter Store). Out: one output for each. */
export const readScript = `for name in $(jq -r 'keys[]' <<< "$PARAMETERS"); do
  parameter=$(jq -r --arg name "$name" '.[$name]' <<< "$PARAMETERS")
  if [ -z "$parameter" ]; then
    echo "::error title=Not handed over::$name was not published by the release that this run follows."
    exit 1
  fi
  {
    echo "$name<<END_OF_$name"
    aws ssm get-parameter --name "$parameter" --query Parameter.Value --output text
    echo "END_OF_$name"
  } >> "$GITHUB_OUTPUT"
done
`;
