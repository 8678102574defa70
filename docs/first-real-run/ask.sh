#!/usr/bin/env bash
# Asks a real AWS account what documentation leaves open about CodePipeline, and prints the answers as a table.
# Needs the AWS CLI with credentials of an account to try things in, jq and zip. Everything it makes begins with its name, and is
# deleted at the end, however it ends. About 40 minutes, less than a dollar.
#
# usage: ask.sh [NAME]    NAME: of the stack, by default with the time in it
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
name="${1:-first-real-run-$(date -u '+%m%d%H%M')}"
pause="${PAUSE:-10}"
work="$(mktemp -d)"
bucket=''
answers="$work/answers"
said="$work/said"

# Arguments: what was asked, what was found.
answer() {
  printf '| %s | %s |\n' "$1" "${2//|/ }" >> "$answers"
  echo "$1: $2" >&2
}

# The name of the error that a call is answered with; "accepted" for none.
refused() {
  if "$@" > /dev/null 2> "$said"; then echo accepted; return; fi
  grep -oE '\([A-Za-z.]+\)' "$said" | head -n 1 | tr -d '()' || head -c 200 "$said" | tr '\n' ' '
}

clean() {
  local code=$?
  set +e
  echo "deleting all of $name" >&2
  aws lambda delete-function --function-name "$name-checked" 2> /dev/null
  if [ -n "$bucket" ]; then
    # Versions and their marks, 900 at a time; none are answered with nothing at all.
    for _ in {1..50}; do
      aws s3api list-object-versions --bucket "$bucket" --max-items 900 --output json 2> /dev/null |
        jq -nc '[inputs][0] // {} | {Objects: [(.Versions // [])[], (.DeleteMarkers // [])[] | {Key, VersionId}], Quiet: true}' > "$work/versions"
      [ "$(jq '.Objects | length' "$work/versions")" != 0 ] || break
      aws s3api delete-objects --bucket "$bucket" --delete "file://$work/versions" > /dev/null || break
    done
  fi
  aws cloudformation delete-stack --stack-name "$name"
  aws cloudformation wait stack-delete-complete --stack-name "$name"
  # It outlives its stack, as artifacts do elsewhere.
  [ -z "$bucket" ] || aws s3api delete-bucket --bucket "$bucket"
  if [ -s "$answers" ]; then
    printf '| question | answer |\n|---|---|\n'
    cat "$answers"
  fi
  rm -rf "$work"
  exit "$code"
}
trap clean EXIT

# Argument: fails, or passes.
deploy() {
  aws cloudformation deploy --stack-name "$name" --template-file "$here/template.yaml" --capabilities CAPABILITY_IAM \
    --parameter-overrides "Attempt=$1"
}

output() {
  aws cloudformation describe-stacks --stack-name "$name" --output json |
    jq -er --arg key "$1" '.Stacks[0].Outputs[] | select(.OutputKey == $key).OutputValue'
}

# Prints the run. Further arguments: variables, as the AWS CLI takes them.
start() {
  local pipeline="$1"
  shift
  aws codepipeline start-pipeline-execution --name "$pipeline" ${1:+--variables "$@"} --output json | jq -er .pipelineExecutionId
}

# Prints how a run of "work" has ended.
ended() {
  local status
  for _ in {1..60}; do
    status="$(aws codepipeline get-pipeline-execution --pipeline-name "$name-work" --pipeline-execution-id "$1" --output json |
      jq -er .pipelineExecution.status)"
    case "$status" in
      InProgress | Stopping) sleep "$pause" ;;
      *) echo "$status"; return ;;
    esac
  done
  echo "still $status"
}

# Prints the id that an action of this run was told.
told() {
  aws codepipeline list-action-executions --pipeline-name "$name-work" --filter "pipelineExecutionId=$1" --output json |
    jq -er '[.actionExecutionDetails[] | select(.actionName == "ask")][0].input.resolvedConfiguration.UserParameters | fromjson.run'
}

roll_back() { aws codepipeline rollback-stage --pipeline-name "$name-work" --stage-name Work --target-pipeline-execution-id "$1" --output json; }

echo "1: a create that fails, and another one" >&2
if deploy fails 2> "$said"; then echo "the stack was not to be made: $(cat "$said")" >&2; exit 1; fi
aws cloudformation delete-stack --stack-name "$name"
aws cloudformation wait stack-delete-complete --stack-name "$name"
if deploy passes 2> "$said"; then answer "create again after a create that failed" "works"; else
  answer "create again after a create that failed" "refused: $(head -c 300 "$said" | tr '\n' ' ')"
  exit 1
fi
bucket="$(output Bucket)"

echo "2: a new version in the bucket starts the pipeline" >&2
: > "$work/empty"
(cd "$work" && zip -q source.zip empty)
aws s3api put-object --bucket "$bucket" --key source.zip --body "$work/source.zip" > /dev/null
first=''
for _ in {1..60}; do
  aws codepipeline list-pipeline-executions --pipeline-name "$name-work" --output json |
    jq -c '[.pipelineExecutionSummaries[] | select(.trigger.triggerType == "CloudWatchEvent")][0]' > "$work/run"
  first="$(jq -r '.pipelineExecutionId // ""' "$work/run")"
  [ -z "$first" ] || break
  sleep "$pause"
done
if [ -n "$first" ]; then answer "an EventBridge rule starts a run" "$(jq -r .trigger.triggerDetail "$work/run")"; else
  answer "an EventBridge rule starts a run" "not within ten minutes"
  first="$(start "$name-work")"
fi
answer "the first run" "$(ended "$first")"

echo "3: what a rollback is told for its run" >&2
second="$(start "$name-work")"
answer "the second run" "$(ended "$second")"
back="$(roll_back "$first" | jq -er .pipelineExecutionId)"
answer "the rollback" "$(ended "$back")"
case "$(told "$back")" in
  "$back") answer "PipelineExecutionId in a rollback" "its own" ;;
  "$first") answer "PipelineExecutionId in a rollback" "that of the run it goes back to" ;;
  *) answer "PipelineExecutionId in a rollback" "neither its own nor its target's" ;;
esac

echo "4: a run that is stopped from within its own action" >&2
answer "stopped from within, waiting" "$(ended "$(start "$name-work" name=DO,value=stop)")"

echo "5: a failed stage is retried after a newer run went through it" >&2
failed="$(start "$name-work" name=DO,value=fail)"
answer "the failing run" "$(ended "$failed")"
newer="$(start "$name-work")"
answer "the newer run" "$(ended "$newer")"
answer "retry of failed actions then" "$(refused aws codepipeline retry-stage-execution --pipeline-name "$name-work" --stage-name Work \
  --pipeline-execution-id "$failed" --retry-mode FAILED_ACTIONS)"

echo "6: a rollback after the structure has changed" >&2
aws codepipeline get-pipeline --name "$name-work" --output json |
  jq '{pipeline: (.pipeline | .variables += [{name: "MORE", defaultValue: "none"}])}' > "$work/pipeline.json"
aws codepipeline update-pipeline --cli-input-json "file://$work/pipeline.json" > /dev/null
answer "rollback to a run before an update" "$(refused roll_back "$newer")"

echo "7: runs that wait, one after the other" >&2
accepted=0
refusal="none of 55"
for _ in {1..55}; do
  refusal="$(refused aws codepipeline start-pipeline-execution --name "$name-waiting")"
  [ "$refusal" = accepted ] || break
  accepted=$((accepted + 1))
done
answer "queued runs that are accepted" "$accepted, then $refusal"

echo "8: Terraform on the build image" >&2
build="$(aws codebuild start-build --project-name "$name-tools" --output json | jq -er .build.id)"
status=IN_PROGRESS
for _ in {1..60}; do
  status="$(aws codebuild batch-get-builds --ids "$build" --output json | jq -er '.builds[0].buildStatus')"
  [ "$status" = IN_PROGRESS ] || break
  sleep "$pause"
done
answer "Terraform 1.11 from its vendor's packages" "$status"

echo "9: whom services say that they ask for" >&2
echo 'exports.handler = async () => "here";' > "$work/index.js"
(cd "$work" && zip -q function.zip index.js)
answer "Lambda, role with aws:SourceAccount" "$(refused aws lambda create-function --function-name "$name-checked" --runtime nodejs22.x \
  --handler index.handler --role "$(output CheckedRole)" --zip-file "fileb://$work/function.zip")"
