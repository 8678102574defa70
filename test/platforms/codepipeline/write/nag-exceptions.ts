/** What cdk-nag (AwsSolutions) says of generated CodePipelines and is left as it is, with the reason. Whoever is not found any more goes. */
export const exceptions: Readonly<Record<string, string>> = {
  "AwsSolutions-CB4":
    "encryption: managed is the default, and takes the key that the service manages; encryption: key brings one of the team's own.",
  "AwsSolutions-IAM5":
    "What runs make up has no name beforehand: objects below a folder of one bucket, streams of one log group, parameters below a folder. PutJobSuccessResult and PutJobFailureResult know no resources.",
};
