# Reads the file of outputs as `baton run` does: lines name=value, or name<<MARK, the lines of the value, MARK; the last of a name
# counts. In: the text, $promised (name to type). Out: {values} or {problem}.

def wrong($type):
  if explode | any(. == 0) then "holds a zero character"
  elif $type == "number" then if test("^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$") and (test("\n") | not) then null
    else "is not a decimal number as JSON writes it (7, -0.5, 1e6)" end
  elif $type == "boolean" then if . == "true" or . == "false" then null else "is neither true nor false" end
  elif $type == "url" then if test("^https?://[^\\s\\p{Cc}\\p{Cf}\\\\]+$"; "i") and (test("\n") | not) then null
    else "is not an absolute http or https URL" end
  elif $type == "json" then . as $text | try ($text | fromjson | null) catch "is not valid JSON"
  elif . == "" then "is empty, which GitHub cannot hand on"
  else null
  end;

gsub("\r\n"; "\n") | split("\n")
| reduce .[] as $line ({values: {}, line: 0};
    .line += 1
    | if .problem then .
      elif .mark != null then
        if $line == .mark then .values[.name] = (.lines | join("\n")) | .mark = null else .lines += [$line] end
      elif $line | test("^\\s*$") then .
      else ([$line | capture("^\\s*(?<name>[^\\s=<]+)(?<sign>=|<<)(?<rest>.*)$")] | first) as $parts
        | if $parts == null then .problem = "Line \(.line) of the output file is neither name=value nor name<<MARK."
          elif $parts.sign == "=" then .values[$parts.name] = $parts.rest
          elif $parts.rest | test("^\\s*$") then .problem = "Line \(.line) of the output file opens the value of \($parts.name) with << and no mark after it."
          else .name = $parts.name | .mark = ($parts.rest | gsub("^\\s+|\\s+$"; "")) | .lines = []
          end
      end)
| if .problem then {problem}
  elif .mark != null then {problem: "The output file opens the value of \(.name) and its closing mark never comes."}
  else .values as $values
    | [($values | keys[] | select(in($promised[0]) | not) | "Output \(.) was published but the job does not promise it; add it to the outputs of its pipeline."),
       ($promised[0] | to_entries[] | .key as $name | .value as $type
         | if $values | has($name) | not then "Output \($name) was promised and not published; let a step append \($name)=VALUE to the file in BATON_OUTPUT."
           else $values[$name] | wrong($type) | select(. != null) | "Output \($name) was promised as \($type) and its value \(.)."
           end)] as $problems
    | if $problems == [] then {values: $values} else {problem: ($problems | join(" "))} end
  end
