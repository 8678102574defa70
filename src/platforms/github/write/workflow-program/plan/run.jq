# Before anything is built: which environments this run goes to, and what has to be built for them. In: $pipelines, $environments,
# $facts, $deployed (by environment), $changed.

def before($name): [$environments[] | select(.name == $name).after[] | ., before(.)[]] | unique;

def decided($name): decide($name; $deployed[0][$name]; {}; $changed[0]);

def yes: if . then "yes" else "no" end;

# A pull request that changes what is deployed has a preview, all of it, and one that has it keeps it as it is now.
def previews($checked):
  [$environments[] | select(.preview and $facts.pull != null
    and ($facts.there or any($pipelines[]; $checked[.name] == "run" and any(.jobs[]; .deploys)))).name];

places as $places
| (if $facts.event == "pull-request" then decide(""; {}; {}; $changed[0]) else {} end) as $checked
| (if $facts.event == "pull-request" then previews($checked) else [] end) as $previews
| (if $facts.event == "pull-request" then [$checked] + [$previews[] | decide(.; {}; {}; {})]
   elif $facts.event == "rollback" then []
   else [$places[] | decided(.)]
   end) as $decisions
# What is deployed may stand in for a pipeline in an environment, but nothing stands in for what a build takes of it.
| (reduce ($pipelines | reverse)[] as $p ([];
    if any($decisions[]; .[$p.name] == "run") or index($p.name) != null then . + [$p.name] + ($p.builtFrom // []) else . end)) as $built
| {
    # For whoever approves: what would happen where, and since which commit. A rollback is told in the environment.
    table: (if $places == [] or $decisions == [] then [] else
      ["| | \($places | join(" | ")) |", "|---|\($places | map("---") | join("|"))|"]
      + [$pipelines[].name as $name | [range($places | length) as $at
          | ($deployed[0][$places[$at]][$name].commit // "") as $since
          | $decisions[$at][$name] + (if $decisions[$at][$name] == "run" and $since != "" then " (`\($since[0:7])` is there)" else "" end)]
        | "| \($name) | \(join(" | ")) |"]
      end),
    # By hand: what comes before must have nothing left to do for this commit.
    open: [if $facts.event == "manual" then $places[] | before(.)[] as $name | decided($name) | to_entries[]
      | select(.value == "run") | "\(.key) in \($name)" else empty end],
    outputs: (
      [$environments[].name as $name
        | ($places | index($name)) as $place
        | {key: "deploy_\($name)",
            value: (($previews | index($name)) != null
              or ($place != null and ($facts.event == "rollback" or any($decisions[$place][]; . == "run"))) | yes)}]
      + [$pipelines[] | select(.builds).name as $name | {key: "build_\($name)", value: (($built | index($name)) != null | yes)}]
      + [{key: "commit", value: $facts.commit}, {key: "event", value: $facts.event}, {key: "branch", value: $facts.branch},
         {key: "parameters", value: ($facts.parameters | tojson)}])
  }
