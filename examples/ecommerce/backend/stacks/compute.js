import { CfnOutput, CfnParameter, Duration, Fn, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, LayerVersion, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Bucket } from "aws-cdk-lib/aws-s3";

/** What the alias is called that API Gateway calls, and that the delivery shifts. */
export const alias = "live";

/**
 * The function, but not its code: that, its versions and the alias belong to the delivery, which shifts calls from one
 * version to the next. What stands here reaches callers with the next version.
 */
export class ComputeStack extends Stack {
  constructor(scope, id, { layers, ...props }) {
    super(scope, id, props);
    const environment = new CfnParameter(this, "EnvironmentName", { allowedPattern: "^[a-z][a-z0-9-]*$" });
    const codeBucket = new CfnParameter(this, "CodeBucket");
    const tableOf = (logicalId) =>
      Table.fromTableName(this, logicalId.replace("Table", ""), new CfnParameter(this, logicalId).valueAsString);
    const products = tableOf("ProductsTable");
    const orders = tableOf("OrdersTable");
    const functionName = Fn.sub(`shop-orders-\${${environment.logicalId}}`);

    const bucket = Bucket.fromBucketName(this, "Code", codeBucket.valueAsString);
    const layerVersions = layers.map(
      ({ name, key }) =>
        new LayerVersion(this, `${name[0].toUpperCase()}${name.slice(1)}Layer`, {
          layerVersionName: Fn.sub(`shop-${name}-\${${environment.logicalId}}`),
          code: Code.fromBucket(bucket, key),
          compatibleRuntimes: [Runtime.NODEJS_22_X],
          // Versions of the function that were published before use it.
          removalPolicy: RemovalPolicy.RETAIN,
        }),
    );

    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: Fn.sub(`/aws/lambda/shop-orders-\${${environment.logicalId}}`),
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    const may = (actions, ...resources) => role.addToPolicy(new PolicyStatement({ actions, resources }));
    may(["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:UpdateItem"], products.tableArn);
    may(["dynamodb:PutItem"], orders.tableArn);
    may(["logs:CreateLogStream", "logs:PutLogEvents"], logGroup.logGroupArn);

    const orderFunction = new LambdaFunction(this, "Function", {
      functionName,
      role,
      logGroup,
      layers: layerVersions,
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      // Never changes and is never called: nobody but the delivery has anything to do with the unpublished version.
      code: Code.fromInline("exports.handler = async () => ({ statusCode: 503, body: 'not released yet' });"),
      memorySize: 256,
      timeout: Duration.seconds(10),
      environment: {
        ENVIRONMENT: environment.valueAsString,
        PRODUCTS_TABLE: products.tableName,
        ORDERS_TABLE: orders.tableName,
      },
    });

    const watched = (metricName, statistic) =>
      new Metric({
        namespace: "AWS/Lambda",
        metricName,
        statistic,
        period: Duration.minutes(1),
        dimensionsMap: { FunctionName: functionName, Resource: Fn.join(":", [functionName, alias]) },
      });
    const alarm = (logicalId, name, metric, threshold) =>
      new Alarm(this, logicalId, {
        alarmName: Fn.sub(`shop-orders-\${${environment.logicalId}}-${name}`),
        metric,
        threshold,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
    alarm("Errors", "errors", watched("Errors", Stats.SUM), 1);
    alarm("Slow", "slow", watched("Duration", Stats.percentile(95)), 3000);

    new CfnOutput(this, "FunctionName", { value: orderFunction.functionName });
  }
}
