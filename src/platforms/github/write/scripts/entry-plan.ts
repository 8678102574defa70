import { decideProgram } from "./decide.ts";
import { deployedFunctions, factsCommand, type ScriptParts } from "./deployed.ts";

/** `deploysOn` of src/model as a jq program. By hand: what was asked for. */
export const placesProgram = `# Where a push to the branch goes: to environments that take the branch, and to those without one that come after others;
# everywhere only through everything that comes before. By hand: what was asked for.
def places:
  if $facts.event == "pull-request" then []
  elif $wanted != "" then [$wanted]
  else reduce $all[] as $one ([];
    . as $chosen
    | if (if ($one | has("branch")) then ($one.branch as $patterns | $facts.branch | passes($patterns)) else ($one.after | length) > 0 end)
        and all($one.after[]; . as $name | $chosen | index($name) != null) then . + [$one.name]
      else .
      end)
  end;
`;

/**
 * Before anything is built: which environments this run goes to, and what has to be built for them.
 *
 * In: `COMMIT`, `EVENT`, `BRANCH`, `SCHEDULE`, `FORCE`, `PARAMETERS`, `WANTED` (an environment asked for by hand, or
 * nothing), `PIPELINES`, `ENVIRONMENTS`. Out: `deploy_<environment>` and `build_<pipeline>`, each `yes` or `no`.
 */
export function entryPlanScript(parts: ScriptParts): string {
  return String.raw`${deployedFunctions(parts)}
COMPARED_WITH=""
echo '{}' > "$work/deployed.json"
if [ "$EVENT" = pull-request ]; then
  # What is checked out joins the base (its first parent) with the change.
  COMPARED_WITH=$(git rev-parse HEAD^1)
  echo "$COMPARED_WITH" | changed_since > "$work/changed.json"
else
  for environment in $(jq -nr --argjson all "$ENVIRONMENTS" '$all[].name'); do
    read_deployed "$environment" "$work/$environment.json"
${parts.handsOverArtifacts ? '    drop_expired "$work/$environment.json"\n' : ""}    jq --arg environment "$environment" '{($environment): .pipelines}' "$work/$environment.json"
  done | jq -s 'add // {}' > "$work/deployed.json"
  jq -r '.[][].commit' "$work/deployed.json" | sort -u | changed_since > "$work/changed.json"
fi
${factsCommand}
cat > "$work/plan.jq" <<'JQ'
${decideProgram}
${placesProgram}
def before($name): [$all[] | select(.name == $name).after[] | ., before(.)[]] | unique;

def decided($name): decide($name; $deployed[0][$name]; {}; $changed[0]);

places as $places
| (if $facts.event == "pull-request" then [decide(""; {}; {}; $changed[0])]
   elif $facts.event == "rollback" then []
   else [$places[] | decided(.)]
   end) as $decisions
| {
    deploy: [$all[].name as $name
      | ($places | index($name)) as $place
      | {key: $name, value: ($place != null and ($facts.event == "rollback" or any($decisions[$place][]; . == "run")))}]
      | from_entries,
    build: [$pipelines[] | select(.builds).name as $name | {key: $name, value: any($decisions[]; .[$name] == "run")}] | from_entries,
    # By hand: what comes before must have nothing left to do for this commit.
    open: [if $facts.event == "manual" then $places[] | before(.)[] as $name | decided($name) | to_entries[]
      | select(.value == "run") | "\(.key) in \($name)" else empty end]
  }
JQ
jq -n --argjson pipelines "$PIPELINES" --argjson all "$ENVIRONMENTS" --argjson facts "$facts" --arg wanted "$WANTED" \
  --slurpfile deployed "$work/deployed.json" --slurpfile changed "$work/changed.json" -f "$work/plan.jq" > "$work/plan.json"

open=$(jq -r '.open | join(", ")' "$work/plan.json")
if [ -n "$open" ]; then
  echo "::error title=Not passed yet::$WANTED comes after environments that this commit has not passed: $open. Deploy it there first."
  exit 1
fi
jq -r 'def word: if . then "yes" else "no" end;
  (.deploy | to_entries[] | "deploy_\(.key)=\(.value | word)"),
  (.build | to_entries[] | "build_\(.key)=\(.value | word)")' "$work/plan.json" | tee -a "$GITHUB_OUTPUT"
`;
}
