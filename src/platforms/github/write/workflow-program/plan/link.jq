# Of a chain of workflows the one of $pipeline, under the lock of its environment. In: $pipelines, $facts, $environment, $commit,
# $deployed, $changed, $superseded.

def upstream($name): [$pipelines[] | select(.name == $name).needs[] | ., upstream(.)[]] | unique;

($deployed[0].pipelines // {}) as $record
| (if $facts.event == "pull-request" then decide(""; {}; {}; $changed[0]) else decide($environment; $record; $record; $changed[0]) end) as $decisions
| (if $superseded == "yes" then "superseded" else $decisions[$pipeline] end) as $decision
| ($record | del(.[$pipeline])) as $handed
| {
    version: 1,
    environment: $environment,
    place: $environment,
    commit: $commit,
    event: $facts.event,
    decisions: {($pipeline): $decision},
    before: $record,
    handed: {},
    missing: [if $facts.event == "pull-request" or $decision != "run" then empty else upstream($pipeline)[] | select($decisions[.] == "run") end],
    outputs: [
      {key: "decision", value: $decision}, {key: "environment", value: $environment}, {key: "commit", value: $commit},
      {key: "event", value: $facts.event}, {key: "branch", value: $facts.branch}, {key: "force", value: ($facts.force | tostring)},
      {key: "parameters", value: ($facts.parameters | tojson)}, {key: "handed", value: ($handed | tojson)}]
  }
