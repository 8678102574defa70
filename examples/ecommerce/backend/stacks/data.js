import { CfnOutput, CfnParameter, Duration, Fn, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";

/** Tables, and the bucket that code is kept in. Lives as long as the environment; nothing in it is ever deleted with it. */
export class DataStack extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const environment = new CfnParameter(this, "EnvironmentName", { allowedPattern: "^[a-z][a-z0-9-]*$" });
    const named = (name) => Fn.sub(`shop-${name}-\${${environment.logicalId}}`);

    const table = (logicalId, name) =>
      new Table(this, logicalId, {
        tableName: named(name),
        partitionKey: { name: "id", type: AttributeType.STRING },
        billingMode: BillingMode.PAY_PER_REQUEST,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        deletionProtection: true,
        removalPolicy: RemovalPolicy.RETAIN,
      });
    const products = table("Products", "products");
    const orders = table("Orders", "orders");

    const code = new Bucket(this, "Code", {
      bucketName: Fn.sub(`shop-code-\${${environment.logicalId}}-\${AWS::AccountId}`),
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });

    new CfnOutput(this, "ProductsTable", { value: products.tableName });
    new CfnOutput(this, "OrdersTable", { value: orders.tableName });
    new CfnOutput(this, "CodeBucket", { value: code.bucketName });
  }
}
