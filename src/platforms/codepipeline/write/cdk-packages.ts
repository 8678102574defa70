/** Library and command of CDK that are known to go together; the newest of both may not. */
export const cdkPackages = ["aws-cdk@2.1148.1", "aws-cdk-lib@2.270.0", "constructs@10"] as const;
