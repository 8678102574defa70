# Where a push to the branch goes: to environments that take the branch, and to those without one that come after others;
# everywhere only through everything that comes before. By hand: what was asked for.
def places:
  if $facts.event == "pull-request" then []
  elif $facts.wanted != "" then [$facts.wanted]
  else reduce $environments[] as $one ([];
    . as $chosen
    | if (if ($one | has("branch")) then ($one.branch as $patterns | $facts.branch | passes($patterns)) else ($one.after | length) > 0 end)
        and all($one.after[]; . as $name | $chosen | index($name) != null) then . + [$one.name]
      else .
      end)
  end;

# Whether the branch of this run belongs to an environment: its own, or that of what comes before it; else the default branch.
def belongs($name):
  ($environments[] | select(.name == $name)) as $place
  | $facts.isBranch
    and (if $place | has("from") then any($place.from[]; . as $is | $facts.branch | test($is)) else $facts.branch == $facts.default end);
