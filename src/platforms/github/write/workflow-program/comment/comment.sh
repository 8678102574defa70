#!/usr/bin/env bash
# Keeps one comment on a pull request: what the jobs of this run report. A comment that is there is changed, never doubled, and that of
# a newer run stays. Where the token may not write, the run stays green. In: NUMBER and COMMIT of the pull request, PIPELINE (empty,
# or the one of a chain), and the reports in $RUNNER_TEMP/reports, each called `pipeline.job.txt` or `.md`.

# shellcheck source-path=SCRIPTDIR source=../answers.sh disable=SC2153
source "$GITHUB_ACTION_PATH/../answers.sh"

name=$(jq -r .delivery "$delivery")
export MARK="<!-- reports of $name${PIPELINE:+ $PIPELINE} -->"
page="${GITHUB_SERVER_URL:-https://github.com}/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"

# Everything in one body, of at most 65,536 characters: each report has its share of them.
write_body() {
  local file files=()
  for file in "$RUNNER_TEMP/reports"/*; do if [ -f "$file" ]; then files+=("$file"); fi; done
  count=${#files[@]}
  : > "$work/reports"
  for file in ${files[@]+"${files[@]}"}; do
    jq -Rs --arg file "${file##*/}" '{title: ($file | sub("[.](md|txt)$"; "")), kind: ($file | split(".") | last), text: .}' "$file" >> "$work/reports"
  done
  cat "$GITHUB_ACTION_PATH/../report/shown.jq" - > "$work/body.jq" << 'END_OF_PROGRAM'
[inputs] as $reports
| "\($ENV.MARK)\n<!-- run \($ENV.GITHUB_RUN_ID) -->\n"
  + (if $reports == [] then "Nothing to report as of \($ENV.COMMIT).\n"
    else ([$reports[] | .title as $title | .kind as $kind | .text | shown($title; $kind; 64000 / ($reports | length) | floor)] | join("\n"))
      + "\nAs of \($ENV.COMMIT), by [this run](\($page)).\n" end)
| {body: .}
END_OF_PROGRAM
  jq -n --arg page "$page" -f "$work/body.jq" "$work/reports" > "$work/body.json"
}

# The comment that runs of this workflow keep, and the run that wrote it last. Both empty: there is none.
find_comment() {
  local at length said
  comment="" writer=""
  for at in 1 2 3 4 5 6 7 8 9 10; do
    ask "$work/comments.json" "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments?per_page=100&page=$at" jq -e 'type == "array"' ||
      fail "No answer" "GitHub does not have the pull request $NUMBER."
    # Anybody can write the mark; only what this app has written can be changed by it.
    said=$(jq -r '(length), ([.[] | select(.user.login == "github-actions[bot]" and (.body | startswith($ENV.MARK)))] | first
      | .id // "", (.body // "" | capture("<!-- run (?<run>[0-9]+) -->").run // ""))' "$work/comments.json") ||
      fail "Unreadable" "The comments of $NUMBER cannot be read."
    { read -r length && { read -r comment || true; } && { read -r writer || true; }; } <<< "$said" || fail "Unreadable" "The comments of $NUMBER cannot be read."
    if [ -n "$comment" ] || [ "$length" -lt 100 ]; then return 0; fi
  done
}

write_body
for attempt in 1 2 3 4 5; do
  find_comment
  if [ -n "$writer" ] && [ "$writer" -gt "$GITHUB_RUN_ID" ]; then
    echo "::notice title=A newer run has told::The comment is of run $writer."
    exit 0
  fi
  how=(-X POST "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments")
  if [ -n "$comment" ]; then how=(-X PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$comment"); fi
  if [ -z "$comment" ] && [ "$count" -eq 0 ]; then exit 0; fi
  if gh api "${how[@]}" --input "$work/body.json" > "$work/answer" 2> "$work/said"; then exit 0; fi
  if grep -q 'HTTP 403' "$work/said" && ! grep -qi 'rate limit' "$work/said"; then
    echo "::notice title=No comment::This run may not write on the pull request; its summary has the reports."
    exit 0
  fi
  # Looked for again each time: what was not answered may have been written all the same.
  if [ "$attempt" -lt 5 ]; then pause "$attempt"; fi
done
fail "GitHub does not answer" "No comment could be written: $(tr '\n' ' ' < "$work/said")"
