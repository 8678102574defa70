/**
 * At the end of an environment: what is deployed there now. A pipeline that failed half way is left out, so that the next
 * run deploys it whatever has changed; one that was not reached stays as it was.
 *
 * In: `ENVIRONMENT`, `PLAN` (outputs of the plan), `RESULTS` (the `needs` context), `INPUTS`, `PIPELINES`. Out: the file
 * `$RUNNER_TEMP/record/release.json`.
 */
export const recordScript = String.raw`mkdir -p "$RUNNER_TEMP/record"
jq -n --argjson pipelines "$PIPELINES" --argjson plan "$PLAN" --argjson needs "$RESULTS" --argjson inputs "$INPUTS" \
  --arg environment "$ENVIRONMENT" --arg run "$GITHUB_RUN_ID" '
  ($plan.handed | fromjson) as $handed
  | ($plan.before | fromjson) as $before
  | {version: 1, environment: $environment, run: $run, commit: $plan.commit, pipelines: (
      reduce $pipelines[] as $p ($before;
        $needs[$p.job] as $done
        | if $plan[$p.name] != "run" or $done.result == "skipped" then .
          elif $done.result != "success" then del(.[$p.name])
          else .[$p.name] = {
            release: ($run | tonumber),
            commit: $plan.commit,
            outputs: (($before[$p.name].outputs // {}) + ([$p.outputs // [] | .[]
              | {key: .name, value: (if .per == "release" then $handed[$p.name].outputs[.name] // $inputs["\($p.name)_\(.name)"]
                  else $done.outputs[.name] end)}
              | select(.value != null and .value != "")] | from_entries)),
            artifacts: (($before[$p.name].artifacts // {}) + ([$p.artifacts // [] | .[]
              | {key: .name, value: (if .per == "release" and $handed[$p.name] then $handed[$p.name].artifacts[.name]
                  else {
                    digest: (if .per == "release" then $inputs["\($p.name)_\(.name)__digest"] else $done.outputs["\(.name)__digest"] end),
                    run: $run,
                    name: .stored
                  } end)}
              | select(.value != null and .value.digest != null and .value.digest != "")] | from_entries))
          }
          end))}' > "$RUNNER_TEMP/record/release.json"
jq . "$RUNNER_TEMP/record/release.json"
`;

/**
 * In: `ENVIRONMENT`, `PLAN`, `RESULTS`, `PIPELINES`. Fails when something that was to run did not end well, be it because it was
 * skipped: a later environment must not take that for a success.
 */
export const settleScript = String.raw`missing=$(jq -nr --argjson pipelines "$PIPELINES" --argjson plan "$PLAN" --argjson needs "$RESULTS" '
  [$pipelines[] | select($plan[.name] == "run" and $needs[.job].result != "success") | "\(.name): \($needs[.job].result)"] | join(", ")')
if [ -n "$missing" ]; then
  echo "::error title=Not everything is deployed to $ENVIRONMENT::$missing"
  exit 1
fi
`;
