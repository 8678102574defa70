# The planner's rules, so that a runner without Baton decides as `baton plan` does. One word for each pipeline: `run`; `reuse` (what
# is deployed stands in); `empty` (no job of it can run here, counts as passed); `skip`; `blocked` (it would run, but something that
# it needs does not). In: $pipelines (of the delivery's data), $facts.

# Whether a name passes a list of patterns: the last one that matches decides.
def passes($patterns):
  . as $name
  | if ($patterns | length) == 0 then true
    else reduce $patterns[] as $one (false; if ($name | test($one.is)) then ($one | has("not") | not) else . end)
    end;

def holds($environment):
  if has("all") then all(.all[]; holds($environment))
  elif has("any") then any(.any[]; holds($environment))
  elif has("not") then (.not | holds($environment) | not)
  elif has("environment") then (.environment | index($environment)) != null
  elif has("branch") then (.branch as $patterns | $facts.branch | passes($patterns))
  elif has("event") then (.event | index($facts.event)) != null
  elif has("parameter") then $facts.parameters[.parameter] == .equals
  else .variable[$environment] == .equals
  end;

def refused:
  if $facts.event == "schedule" then ((.schedules // []) | index($facts.schedule)) == null
  elif (.events | index($facts.event)) == null then true
  elif ($facts.event == "push" or $facts.event == "pull-request")
    then (.branches as $patterns | $facts.branch | passes($patterns) | not)
  else false
  end;

# What other pipelines take from this one and some job of it makes in this environment.
def taken($environment):
  map(select(.taken and (has("unless") and (.unless | holds($environment)) | not)) | .name);

# $record: what is deployed, by pipeline. $moved: what a rollback brings, by pipeline. $changed: paths by commit.
def decide($environment; $record; $moved; $changed):
  def touched($base; $patterns):
    $changed[$base] as $paths | $paths == null or any($paths[]; passes($patterns));
  reduce $pipelines[] as $p ({};
    . as $done
    | $record[$p.name] as $deployed
    | (($deployed.outputs // {}) | keys) as $outputs
    | (($deployed.artifacts // {}) | keys) as $artifacts
    | ($deployed != null
        and (($p.outputs // [] | taken($environment)) - $outputs) == []
        and (($p.artifacts // [] | taken($environment)) - $artifacts) == []) as $usable
    | ($p | has("empty") and (.empty | holds($environment))) as $empty
    | ($p.needs | map($done[.])) as $needs
    | .[$p.name] = (
        if ($p | refused) or $empty then (if $usable then "reuse" elif $empty then "empty" else "skip" end)
        else
          (if $facts.force or $facts.event == "schedule" then true
           # A preview is deployed whole, by what is there; all else of a pull request by what it changes.
           elif $facts.event == "pull-request" and $environment == "" then touched($facts.base; $p.paths)
           elif $usable | not then true
           else touched($deployed.commit; $p.paths)
             or ($facts.event == "rollback"
               and any($p.artifacts // [] | .[] | select(.per == "release") | .name;
                 $moved[$p.name].artifacts[.].digest != $deployed.artifacts[.].digest))
             or any($p.needs[]; ($record[.].release // 0) > $deployed.release)
           end) as $affected
          | ($affected or any($needs[]; . == "run")) as $runs
          | if ($facts.event != "pull-request" or $environment != "") and (any($needs[]; . == "blocked") or ($runs and any($needs[]; . == "skip")))
            then "blocked"
            elif $runs then "run"
            elif $deployed != null then "reuse"
            else "skip"
            end
        end));
