import type { OutputType } from "../../../model/delivery.ts";
import { shellWord } from "../../../model/shell-word.ts";
import { reachableInRecords } from "./separate/handed.ts";
import { givenTo } from "./shell.ts";

/**
 * How many runs' values of one output are kept in any case: of the release far more than the fifty runs that can be under way at
 * the same time; of an environment a few, because one run at a time is there, and its own values are read by itself.
 */
export const keptRuns = { release: 100, environment: 20 } as const;

/**
 * For jq: reads `name=value` and `name<<MARK` lines as `baton run` does, refuses what was not promised or has another
 * type, and prints one request to Parameter Store for each value. Holds no single quote.
 */
const program = String.raw`
def checked($type):
  if any(explode[]; . == 0) then error("holds a zero character")
  elif $type == "number" and (test("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$") | not) then error("is not a decimal number")
  elif $type == "boolean" and . != "true" and . != "false" then error("is neither true nor false")
  elif $type == "url" and (test("^https?://[^\\s\\p{C}\\\\]+$"; "i") | not) then error("is not an absolute http or https URL")
  elif $type == "json" then (fromjson | "") + .
  else . end;
def parsed: reduce (gsub("\r\n"; "\n") | split("\n"))[] as $line ({values: {}, mark: null};
  if .mark != null then
    if $line == .mark then .values[.name] = (.lines | join("\n")) | .mark = null else .lines += [$line] end
  elif ($line | test("^\\s*$")) then .
  else
    (($line | capture("^\\s*(?<name>[^\\s=<]+)(?<sign>=|<<)(?<rest>.*)$"))
      // error("a line of the output file is neither name=value nor name<<MARK")) as $part
    | if $part.sign == "=" then .values[$part.name] = $part.rest
      else .name = $part.name | .mark = ($part.rest | gsub("^\\s+|\\s+$"; "")) | .lines = [] end
  end)
  | if .mark != null then error("the value of output \(.name) is opened with << and never closed") else .values end;
parsed as $values
| (($values | keys) - ($promised | keys)) as $strange
| if $strange == [] then . else error("output \($strange[0]) was published and is not promised") end
| $promised | to_entries[] | .key as $name | .value as $type
| ($values[$name] // error("output \($name) was promised and not published: let a step append \($name)=VALUE to the file in $BATON_OUTPUT"))
| (try checked($type) catch error("output \($name) was promised as \($type), and its value \(.)"))
| if . == "" then error("output \($name) is empty, which Parameter Store cannot keep") else . end
| . as $value
| ($places[$name][] | gsub("\\{environment\\}"; $ENV.BATON_ENVIRONMENT) | gsub("\\{run\\}"; $ENV.BATON_RUN))
| {Name: ., Value: $value, Type: "String", Tier: "Intelligent-Tiering", Overwrite: true}`;

/** A job's promise, and where it is kept. */
export interface Publishing {
  readonly promised: Readonly<Record<string, OutputType>>;
  /** Full name in Parameter Store of the folder that holds one value for each run; `{environment}` is filled in. */
  readonly folders: Readonly<Record<string, string>>;
  /** Full names under which the newest value is wanted as well. */
  readonly newest: Readonly<Record<string, string>>;
  /** Values kept in any case. */
  readonly kept: number;
  /** CodePipelines whose stages may hold a run that the values are of, or go back to it; or where it is written which may. */
  readonly readers: readonly string[] | "records";
  /** What the command needs to be who it has to be. */
  readonly before: string;
}

/** One command that puts the outputs to Parameter Store, each under the run that made it, and clears old runs away. */
export function publishCommand({ promised, folders, newest, kept, readers, before }: Publishing): string {
  const places = Object.fromEntries(
    Object.keys(promised).map((output) => [
      output,
      [`${folders[output]!}/{run}`, ...(newest[output] === undefined ? [] : [newest[output]])],
    ]),
  );
  const inShell = (name: string) => `"${name.replaceAll("{environment}", "$BATON_ENVIRONMENT")}"`;
  const script = `# One line of JSON for each value, so that no value is ever read as a word, a path or an address.
requests="$(jq -c -Rs --argjson promised ${quoted(promised)} --argjson places ${quoted(places)} '${program.trim()}' "$BATON_OUTPUT")"
while IFS= read -r request; do
  aws ssm put-parameter --cli-input-json "$request" --query Version --output text < /dev/null
done <<< "$requests"
${reachable(readers)}
# Values of runs long gone make room for new ones.
old="$(for folder in ${Object.values(folders).map(inShell).join(" ")}; do
  aws ssm get-parameters-by-path --path "$folder" \\
    --query 'reverse(sort_by(Parameters, &LastModifiedDate))[${kept}:].Name' --output json | jq -r '.[]'
done)"
if [ -z "$old" ]; then
  :
elif kept="$(reachable)"; then
  jq -rRn --arg kept "$kept" 'inputs | select((split("/") | last) as $run | $kept | contains($run) | not)' <<< "$old" |
    xargs -r -n 10 aws ssm delete-parameters --output text --names
else
  echo "No old values were cleared away: nobody could tell which runs may still be deployed" >&2
fi`;
  return `# Publish the outputs\n${givenTo(`${before}bash -eo pipefail`, script)}`;
}

/** Runs that are in a stage or that one may be rolled back to, each with the run that built it. */
function reachable(readers: Publishing["readers"]): string {
  if (readers === "records") return reachableInRecords;
  if (readers.length === 0) return "reachable() { :; }";
  return `reachable() {
  local pipeline stage stages
  for pipeline in ${readers.join(" ")}; do
    stages="$(aws codepipeline get-pipeline --name "$pipeline" --query 'pipeline.stages[].name' --output text)" || return
    for stage in $stages; do
      aws codepipeline list-pipeline-executions --no-paginate --pipeline-name "$pipeline" \\
        --filter "succeededInStage={stageName=$stage}" --output text \\
        --query 'pipelineExecutionSummaries[].[pipelineExecutionId, rollbackMetadata.rollbackTargetPipelineExecutionId][]' || return
    done
  done
}`;
}

const quoted = (value: object) => shellWord(JSON.stringify(value));
