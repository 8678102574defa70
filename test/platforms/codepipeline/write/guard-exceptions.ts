/**
 * What the rules of AWS Control Tower, asked by cfn-guard, say of generated CodePipelines and is left as it is, with the reason.
 * Whoever is not found any more goes.
 */
export const exceptions: Readonly<Record<string, string>> = {
  cloudwatch_log_group_encrypted_check:
    "encryption: managed is the default, and takes the key that the service manages; encryption: key brings one of the team's own.",
  cloudwatch_log_group_retention_period_check:
    "It asks for a year or more. How long logs of builds are kept is the team's to say, in logDays.",
  codebuild_project_environment_privileged_check:
    "Only a machine on which a job builds containers is privileged: without it no Docker starts.",
  iam_inline_policy_no_statements_with_full_access_check:
    "In permissions of the example infra-web alone: its Terraform makes, changes and removes what is named there, and asks for other actions with each version of the provider.",
  kms_create_grant_aws_service_check:
    "It asks for a statement that denies grants to whoever is no service of AWS. No statement lets anybody make one.",
  lambda_inside_vpc_check:
    "The functions call services of AWS and nothing else, so there is no network of the team's that they belong into.",
  s3_bucket_logging_enabled_check: "accessLogs names the bucket that is told; nobody can make one up for an account.",
  s3_bucket_object_lock_enabled_check:
    "What is in these buckets is to go when nobody needs it any more. Versions keep what is replaced for thirty days.",
  s3_event_notifications_enabled_check: "Nobody waits for an object: CodePipeline says itself how runs end.",
};
