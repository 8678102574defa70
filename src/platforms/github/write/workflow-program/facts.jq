# What this run is about, from the event that started it. In: $event (its payload), $delivery (the delivery's data), the runner's variables.

def given($name): ($event[0].inputs // {})[$name] | if . == null then "" else tostring end;

{
  event: (if given("chain_event") | IN("push", "schedule", "manual", "rollback") then given("chain_event")
    elif given("rollback_to") != "" or given("go_back_to") != "" then "rollback"
    elif $ENV.GITHUB_EVENT_NAME == "workflow_dispatch" then "manual"
    elif $ENV.GITHUB_EVENT_NAME | IN("pull_request", "merge_group") then "pull-request"
    else $ENV.GITHUB_EVENT_NAME
    end),
  # Of a pull request the branch that it is for.
  branch: (if $ENV.GITHUB_EVENT_NAME == "merge_group" then $event[0].merge_group.base_ref | ltrimstr("refs/heads/")
    elif ($ENV.GITHUB_BASE_REF // "") != "" then $ENV.GITHUB_BASE_REF
    else $ENV.GITHUB_REF_NAME
    end),
  # The pull request whose preview this run may deploy: not that of a fork or of Dependabot, which have no rights.
  pull: ($event[0].pull_request // {} | if .head.repo.full_name == $ENV.GITHUB_REPOSITORY and $ENV.GITHUB_ACTOR != "dependabot[bot]"
    then .number else null end),
  isBranch: (($ENV.GITHUB_REF_TYPE // "branch") == "branch"),
  default: ($event[0].repository.default_branch // ""),
  commit: $ENV.GITHUB_SHA,
  schedule: ($event[0].schedule // ""),
  force: (given("force") == "true"),
  wanted: given("environment"),
  rollbackTo: given("rollback_to"),
  # Of a chain: what the workflow before handed on, or a commit to go back to.
  chainCommit: (if given("chain_commit") != "" then given("chain_commit") else given("go_back_to") end),
  parameters: (($delivery[0].parameters // {}) | with_entries(.key as $name | .value = (given($name) | if . == "" then $delivery[0].parameters[$name] else . end)))
}
