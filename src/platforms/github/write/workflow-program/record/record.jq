# What is deployed now. A pipeline that failed half way is left out, so that the next run deploys it whatever has changed; one that
# was not reached stays as it was. In: $pipelines, $plan (of the first job), $needs, $release (what was handed in), $facts, $run.

$plan[0] as $plan
| $needs[0] as $needs
| $release[0] as $release
| $plan.environment as $environment
| def promised: (has("unless") and (.unless | holds($plan.place))) | not;
  def artifact($name): ($plan.handed[$name].artifacts // {})[.name] // {
    digest: (if .per == "release" then $release["\($name)_\(.name)__digest"] else $needs[$name].outputs["\(.name)__digest"] end),
    run: $run,
    name: (if .per == "release" or .whole then .stored else .stored + $environment end)
  };
  def value($name):
    if .per == "release" then ($plan.handed[$name].outputs // {})[.name] // $release["\($name)_\(.name)"]
    else $needs[$name].outputs[.name] end;
  reduce ($pipelines[] | select(has("jobs"))) as $p ({pipelines: $plan.before, lost: []};
    $p.name as $name
    | $needs[$name] as $done
    | if $plan.decisions[$name] != "run" or $done == null or $done.result == "skipped" then .
      elif $done.result != "success" then del(.pipelines[$name])
      else
        [$p.outputs // [] | .[] | {key: .name, value: value($name), promised: promised}] as $outputs
        | [$p.artifacts // [] | .[] | {key: .name, value: artifact($name), promised: promised}] as $artifacts
        | ([$outputs[] | select(.promised and (.value // "") == "")] + [$artifacts[] | select(.promised and (.value.digest // "") == "")]) as $lost
        | if $lost != [] then del(.pipelines[$name]) | .lost += [$lost[] | "\($name).\(.key)"]
          else .pipelines[$name] = {
            release: ($run | tonumber),
            commit: $plan.commit,
            outputs: (($plan.before[$name].outputs // {}) + ([$outputs[] | select((.value // "") != "")] | from_entries)),
            artifacts: (($plan.before[$name].artifacts // {}) + ([$artifacts[] | select((.value.digest // "") != "")] | from_entries))
          }
          end
      end)
| {
    record: {version: 1, environment: $environment, run: $run, commit: $plan.commit, pipelines},
    lost,
    # A later environment must not take something that was skipped for a success.
    open: [$pipelines[].name | select($needs[.] != null and $plan.decisions[.] == "run" and $needs[.].result != "success") | "\(.): \($needs[.].result)"]
  }
