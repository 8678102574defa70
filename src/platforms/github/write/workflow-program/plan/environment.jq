# Under the lock of an environment: what happens to each pipeline, and what stands in for those that do not run. In: $pipelines,
# $facts, $environment, $place (what the definition calls it), $commit, $deployed, $moved (what a rollback brings), $changed, $release (what was handed in: results of per-release jobs).

# Of what a rollback brings, that which is made once for all environments.
def built($products; $values):
  ($values // {}) | with_entries(select(.key as $key | any($products // [] | .[]; .name == $key and .per == "release")));

$deployed[0].pipelines as $record
| $moved[0].pipelines as $moved
| decide($place; $record; $moved; $changed[0]) as $decisions
# What stands in for a run: where a pipeline does not run what is deployed, in a rollback what was built back then.
| ([$pipelines[]
    | if $decisions[.name] != "run" then {key: .name, value: ($record[.name] // empty | {outputs, artifacts})}
      elif $facts.event == "rollback" then {key: .name, value: {
        outputs: built(.outputs; $moved[.name].outputs),
        artifacts: built(.artifacts; $moved[.name].artifacts)}}
      else empty
      end] | from_entries) as $handed
| {
    version: 1,
    environment: $environment,
    place: $place,
    commit: $commit,
    event: $facts.event,
    decisions: $decisions,
    before: $record,
    handed: $handed,
    # Of a preview: what is removed when its pull request is closed, and what it cannot have.
    removes: [if $place == $environment then empty else $pipelines[] | select($decisions[.name] == "run") | .name as $name
      | .jobs | to_entries[] | select(.value.removes) | "\($name).\(.key)" end],
    without: [if $place == $environment then empty else $pipelines[] | select($decisions[.name] == "blocked")
      | "\(.name): needs \([.needs[] | select($decisions[.] | IN("skip", "blocked"))] | join(" and "))" end],
    unbuilt: [$pipelines[]
      | select(.builds and $decisions[.name] == "run" and $facts.event != "rollback" and $release[0]["\(.name)__result"] == "skipped").name],
    outputs: (
      [$decisions | to_entries[] | {key: "decision_\(.key)", value}]
      + [{key: "commit", value: $commit}, {key: "event", value: $facts.event}, {key: "branch", value: $facts.branch},
         {key: "parameters", value: ($facts.parameters | tojson)},
         {key: "handed", value: ($handed | tojson)},
         # What a job that may be left out published the last time.
         {key: "before", value: ([$pipelines[] | select(any(.outputs // [] | .[]; .taken and has("unless"))).name as $name
           | {key: $name, value: {outputs: ($record[$name].outputs // {})}}] | from_entries | tojson)}])
  }
