# What jobs that look for drift are given, one output on a line: as the jobs that deployed were. In: the record, $facts.

.pipelines as $deployed
| "commits=\($deployed | map_values(.commit) | tojson)",
  "handed=\($deployed | map_values({outputs, artifacts}) | tojson)",
  # As inputs of the workflows that deploy are called.
  "given=\([$deployed | to_entries[] | .key as $pipeline | .value.outputs // {} | to_entries[] | {key: "\($pipeline)_\(.key)", value}] | from_entries | tojson)",
  "parameters=\($facts[0].parameters | tojson)",
  "event=\($facts[0].event)",
  "branch=\($facts[0].branch)"
