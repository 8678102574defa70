import type { StepInput, ValueInput } from "../model/authored.ts";
import { shellWord } from "../model/shell-word.ts";
import { type AnyValue, compose, named, type Piece } from "./compose.ts";
import { checkInput, type InputForm, type WrongInput } from "./inputs.ts";
import { codeDrift } from "./lambda-code-drift.ts";

export interface LambdaBlueGreenInput<Own extends string = never> {
  readonly function: ValueInput<Own>;
  /** Zip file, relative to the job's working directory. */
  readonly package: string;
  /** What callers call. It is made when there is none yet; nothing else may change it. */
  readonly alias: ValueInput<Own>;
  /** Percentages of all calls that the new version answers, one after the other, before it answers them all. Default: 10. */
  readonly shares?: readonly number[] | undefined;
  /** How long each share is watched. Default: 5. */
  readonly watchMinutes?: ValueInput<Own> | undefined;
  /** CloudWatch alarms: one that rings while calls are shifted gives them all back to the old version. */
  readonly alarms?: readonly ValueInput<Own>[] | undefined;
  /**
   * Commands that fail when the new version is no good; `$FUNCTION` and `$VERSION` say which it is. Run before it gets
   * its first call and after each share.
   */
  readonly check?: string | undefined;
}

const blueGreenForm: InputForm<LambdaBlueGreenInput<string>> = {
  action: "lambda.blueGreen",
  keys: {
    function: "value",
    package: "text",
    alias: "value",
    shares: "numbers?",
    watchMinutes: "value?",
    alarms: "values?",
    check: "text?",
  },
  wrong: ({ shares = [] }) => notRising(shares),
};

function notRising(shares: readonly number[]): WrongInput[] {
  if (shares.every((share, i) => Number.isInteger(share) && share > (shares[i - 1] ?? 0) && share < 100)) return [];
  return [
    {
      key: "shares",
      message: `the shares are ${shares.join(", ")}`,
      help: "write whole percentages between 1 and 99, each more than the one before",
    },
  ];
}

/**
 * Publishes a version and shifts the alias to it, share by share. Until the last shift the alias names the old version
 * and gives the new one a weight, so wherever this is broken off, one update puts everything back, and the next attempt
 * sees that it has to.
 *
 *     code in place ─> published ─check─> 10 % ─watched, check─> … ─> 100 %
 *                                │         │
 *                                └────<────┴── alarm, failed check, lost, cancelled: the old version again, and fail
 *
 * A version that is the same as one older than the live one is a way back: it has proven itself before, and whoever asks
 * for it does so because alarms ring. It gets all calls at once.
 */
export function blueGreen<const Own extends string = never>(input: LambdaBlueGreenInput<Own>): StepInput<never, Own> {
  checkInput(blueGreenForm, input);
  const { function: name, package: file, alias, shares = [10], watchMinutes = 5, alarms = [], check } = input;
  const inputs = {
    function: name,
    package: file,
    alias,
    shares: shares.join(" "),
    watchMinutes,
    check,
    ...named("alarms", alarms),
  };
  const drift = codeDrift(name, file, alias);
  return compose({ name: "Shift the calls to the new version", kind: "lambda.blue-green", inputs, drift }, [
    ...settings({ name, alias, watchMinutes }),
    ...ringing(alarms),
    answers(check),
    common,
    tidy,
    ...upload(file),
    publish,
    decide(shares),
  ]);
}

function settings(values: Readonly<Record<"name" | "alias" | "watchMinutes", AnyValue>>): Piece[] {
  return [
    "name=",
    { value: values.name },
    "\nalias=",
    { value: values.alias },
    "\nminutes=",
    { value: values.watchMinutes },
    `\ncase "$minutes" in
  "" | *[!0-9]*) echo "watchMinutes is '$minutes', and a number of minutes is needed." >&2; exit 2 ;;
esac
`,
  ];
}

/** Prints the alarms that ring; refuses alarms that do not exist, because they never would. */
function ringing(alarms: readonly AnyValue[]): Piece[] {
  if (alarms.length === 0) return ["ringing() { :; }\n"];
  return [
    "ringing() {\n  local states\n  states=$(aws cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm --alarm-names",
    ...alarms.flatMap((value): Piece[] => [" ", { value }]),
    ` \\
    --query '[MetricAlarms,CompositeAlarms][].[AlarmName,StateValue]' --output text) || return
  if [ "$(printf '%s\\n' "$states" | grep -c .)" -ne ${alarms.length} ]; then
    echo "Of the ${alarms.length} alarms to watch there are only: $(printf '%s\\n' "$states" | cut -f 1 | paste -sd ' ' -)" >&2
    return 1
  fi
  printf '%s\\n' "$states" | awk -F '\\t' '$2 == "ALARM" { print $1 }' | paste -sd ' ' -
}
`,
  ];
}

/** A shell of its own, so that its first failing command ends it wherever it is called. */
function answers(check: string | undefined): string {
  if (check === undefined) return "answers() { :; }\n";
  return `answers() { FUNCTION=$name VERSION=$version bash -eo pipefail -c ${shellWord(check)}; }\n`;
}

const common = `answering_all() {
  aws lambda update-alias --function-name "$name" --name "$alias" --function-version "$1" \\
    --routing-config '{"AdditionalVersionWeights":{}}' --query AliasArn --output text
}
shifting=""
finish() {
  status=$?
  trap "" INT TERM
  if [ -n "$shifting" ] && answering_all "$live"; then
    echo "Version $version was taken back: version $live of $name answers all calls again." >&2
  elif [ -n "$shifting" ]; then
    echo "Version $version of $name still answers a part of the calls. Run this again, or give them to version $live by hand." >&2
  fi
  exit "$status"
}
trap finish EXIT
trap "exit 130" INT
trap "exit 143" TERM
fail() {
  echo "$1" >&2
  exit 1
}
# What a version is made of: its settings, its code, and what is in its layers
content() {
  local settings
  settings=$(aws lambda get-function-configuration --function-name "$name" --qualifier "$1" --output json) || return
  printf '%s\\n' "$settings" | sed -E -e 's/,$//' -e '/"(RuntimeVersionArn|OptimizationStatus)":|"Arn": "[^"]*:layer:/d' \\
    -e '/^    "(FunctionArn|Version|LastModified|RevisionId|ConfigSha256|(State|LastUpdateStatus)[A-Za-z]*)":/d'
  printf '%s\\n' "$settings" | sed -nE 's/.*"Arn": "([^"]*:layer:[^"]*)".*/\\1/p' | while IFS= read -r layer; do
    aws lambda get-layer-version --layer-name "\${layer%:*}" --version-number "\${layer##*:}" \\
      --query Content.CodeSha256 --output text 2> /dev/null || printf '%s\\n' "$layer"
  done
}
watch_until() {
  while :; do
    rings=$(ringing)
    [ -z "$rings" ] || fail "The alarm $rings rings since version $version answers calls."
    [ "$SECONDS" -lt "$1" ] || break
    sleep $(($1 - SECONDS < 15 ? $1 - SECONDS : 15))
  done
}
`;

const tidy = `
aliases=$(aws lambda list-aliases --function-name "$name" --output text \\
  --query 'Aliases[].[Name,FunctionVersion,join(\`,\`,keys(RoutingConfig.AdditionalVersionWeights || \`{}\`))]')
live=$(printf '%s\\n' "$aliases" | awk -F '\\t' -v alias="$alias" '$1 == alias { print $2 }')
half=$(printf '%s\\n' "$aliases" | awk -F '\\t' -v alias="$alias" '$1 == alias { print $3 }')
if [ -n "$half" ]; then
  answering_all "$live"
  echo "Version $half answered a part of the calls: an earlier attempt ended in the middle. Version $live answers all again."
fi
`;

const upload = (file: string): Piece[] => [
  `
# The unpublished version is nobody's: whoever calls the function calls the alias
aws lambda wait function-updated --function-name "$name"
sha=$(aws lambda update-function-code --function-name "$name" --zip-file `,
  { value: ["fileb://", file] },
  ` --query CodeSha256 --output text)
aws lambda wait function-updated --function-name "$name"
`,
];

const publish = `
# A version like this may be there already: the live one, one to go back to, what an earlier attempt published
same=$(aws lambda list-versions-by-function --function-name "$name" --output text \\
  --query "reverse(Versions[?CodeSha256=='$sha' && Version!='\\$LATEST'].[Version])")
version=""
if [ -n "$same" ]; then wanted=$(content '$LATEST'); fi
for one in $same; do
  if [ -z "$version" ] || [ "$one" = "$live" ]; then
    if [ "$(content "$one")" = "$wanted" ]; then version=$one; fi
  fi
done
if [ -z "$version" ]; then
  version=$(aws lambda publish-version --function-name "$name" --code-sha256 "$sha" --query Version --output text)
  aws lambda wait published-version-active --function-name "$name" --qualifier "$version"
fi
if [ "$version" = "$live" ]; then
  echo "Version $version of $name is what this release wants, and it answers all calls already."
  exit 0
fi
answers || fail "The check of version $version failed. No call has reached it."
`;

/**
 * What is new may not go where alarms ring already, because nobody could tell whether it is any good. The way back may:
 * it is wanted most when they ring.
 */
const decide = (shares: readonly number[]) => `
if [ -z "$live" ]; then
  aws lambda create-alias --function-name "$name" --name "$alias" --function-version "$version" \\
    --query AliasArn --output text
elif [ "$live" = '$LATEST' ]; then
  echo "The alias $alias names no version, so there is nothing to take shares from."
  answering_all "$version"
elif [ "$version" -lt "$live" ]; then
  echo "Version $version was there before version $live: the calls go back to it at once."
  answering_all "$version"
else
  rings=$(ringing)
  [ -z "$rings" ] || fail "The alarm $rings rings already, so it cannot tell whether version $version is any good. \\
Version $live answers all calls; run this again when it is quiet."
  for share in ${shares.join(" ")}; do
    echo "Version $version of $name answers $share % of the calls for $minutes minutes, version $live the others."
    shifting=yes
    aws lambda update-alias --function-name "$name" --name "$alias" --function-version "$live" --query AliasArn \\
      --output text --routing-config "{\\"AdditionalVersionWeights\\":{\\"$version\\":0.$(printf '%02d' "$share")}}"
    watch_until $((SECONDS + 60 * minutes))
    answers || fail "The check of version $version failed while it answered $share % of the calls."
  done
  answering_all "$version"
  shifting=""
fi
echo "Version $version of $name answers all calls."
`;
