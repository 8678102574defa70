/**
 * What `github.event.workflow_run` has; everything else is empty there.
 * Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run
 */
export const workflowRunFields: ReadonlySet<string> = new Set(
  "actor artifacts_url cancel_url check_suite_id check_suite_node_id check_suite_url conclusion created_at display_title event head_branch head_commit head_repository head_repository_id head_sha html_url id jobs_url logs_url name node_id path previous_attempt_url pull_requests referenced_workflows repository repository_id rerun_url run_attempt run_number run_started_at status triggering_actor updated_at url workflow_id workflow_url".split(
    " ",
  ),
);
