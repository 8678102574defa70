import { CfnOutput, CfnParameter, Fn, Stack } from "aws-cdk-lib";
import { Cors, EndpointType, LambdaIntegration, RestApi } from "aws-cdk-lib/aws-apigateway";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { alias } from "./compute.js";

/** The API calls the alias, so it is deployed after the first version is there, and stays when versions come and go. */
export class ApiStack extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const environment = new CfnParameter(this, "EnvironmentName", { allowedPattern: "^[a-z][a-z0-9-]*$" });
    const functionName = new CfnParameter(this, "FunctionName");

    const live = LambdaFunction.fromFunctionAttributes(this, "Live", {
      functionArn: Fn.sub(
        `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:\${${functionName.logicalId}}:${alias}`,
      ),
      sameEnvironment: true,
    });
    const api = new RestApi(this, "Shop", {
      restApiName: Fn.sub(`shop-\${${environment.logicalId}}`),
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: false,
      deployOptions: { stageName: "v1", throttlingRateLimit: 50, throttlingBurstLimit: 100, metricsEnabled: true },
      defaultCorsPreflightOptions: { allowOrigins: Cors.ALL_ORIGINS, allowMethods: ["GET", "POST"] },
    });
    const integration = new LambdaIntegration(live, { allowTestInvoke: false });
    api.root.addResource("health").addMethod("GET", integration);
    api.root.addResource("products").addMethod("GET", integration);
    api.root.addResource("orders").addMethod("POST", integration);

    new CfnOutput(this, "ApiUrl", { value: api.url });
  }
}
