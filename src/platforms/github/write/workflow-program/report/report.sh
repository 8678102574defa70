#!/usr/bin/env bash
# Shows the report of a job in the summary of the run. GitHub masks secrets in logs alone, so they are taken out here first. In: JOB
# (`pipeline.job`), FILE (from the root of the checkout), SECRETS (a list in JSON). Out: `folder`, with the report alone in it.

# shellcheck source-path=SCRIPTDIR source=../base.sh
source "$GITHUB_ACTION_PATH/../base.sh"
require jq

if [ ! -f "$FILE" ]; then fail "No report" "$JOB was to leave a report in $FILE and there is no such file."; fi
target="$RUNNER_TEMP/report"
rm -rf "$target"
mkdir -p "$target"
kind=txt
if [[ $FILE == *.md ]]; then kind=md; fi
jq -Rrs -f "$GITHUB_ACTION_PATH/masked.jq" "$FILE" > "$target/$JOB.$kind"
cat "$GITHUB_ACTION_PATH/shown.jq" - > "$RUNNER_TEMP/summary.jq" << 'END_OF_PROGRAM'
shown($ENV.JOB; $kind; 1000000)
END_OF_PROGRAM
jq -Rrs --arg kind "$kind" -f "$RUNNER_TEMP/summary.jq" "$target/$JOB.$kind" > "$RUNNER_TEMP/summary.md"
cat "$RUNNER_TEMP/summary.md" >> "$GITHUB_STEP_SUMMARY"
echo "folder=$target" >> "$GITHUB_OUTPUT"
