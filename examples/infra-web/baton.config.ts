import { cloudfront, context, delivery, env, lambda, pipeline, s3, sh, terraform, text, variable } from "baton-cd";

const prefix = "/pipelines-terraform/{environment}";

const state = {
  bucket: variable("state_bucket"),
  key: text`infra-web/${context("environment")}.tfstate`,
  region: variable("region"),
};

const infra = pipeline("infra", {
  description: "S3, CloudFront, API Gateway, Lambda and DynamoDB",
  paths: ["infra/**"],
  workingDirectory: "infra",
  outputs: {
    siteBucket: { parameter: `${prefix}/site-bucket`, job: "apply" },
    distributionId: { parameter: `${prefix}/distribution-id`, job: "apply" },
    functionName: { parameter: `${prefix}/function-name`, job: "apply" },
    apiUrl: { type: "url", parameter: `${prefix}/api-url`, job: "apply" },
  },
  jobs: {
    validate: {
      per: "release",
      tools: ["terraform@~1.11"],
      steps: [terraform.format({ directory: "terraform" }), terraform.validate({ directory: "terraform" })],
    },
    apply: {
      needs: ["validate"],
      deploys: true,
      tools: ["terraform@~1.11", "aws"],
      env: { TF_VAR_environment: context("environment"), TF_VAR_region: variable("region") },
      steps: [
        sh("cd terraform && python3 -m zipfile -c bootstrap.zip ../bootstrap/index.mjs", {
          name: "Pack the code that a new function starts with",
        }),
        terraform.apply({
          directory: "terraform",
          backend: state,
          publish: {
            siteBucket: "site_bucket",
            distributionId: "distribution_id",
            functionName: "function_name",
            apiUrl: "api_url",
          },
        }),
      ],
    },
  },
});

const node = { name: "node", version: ">=22" };

const web = pipeline("web", {
  description: "The pages and the function behind them",
  needs: [infra],
  paths: ["web/**"],
  workingDirectory: "web",
  jobs: {
    check: {
      per: "release",
      tools: [node],
      steps: [
        sh("node check.mjs", { name: "Check that every page and script can be read" }),
        sh("node --test", { name: "Run the tests" }),
      ],
    },
    package: {
      per: "release",
      needs: ["check"],
      steps: [
        sh(
          "rm -f function.zip && touch -d 1980-01-01 function/* && cd function && python3 -m zipfile -c ../function.zip index.mjs items.mjs",
          {
            name: "Package the function",
          },
        ),
      ],
      artifacts: { function: "function.zip" },
    },
    build: {
      needs: ["check"],
      tools: [node],
      env: { API_URL: infra.outputs.apiUrl },
      steps: [sh("node build.mjs dist", { name: "Build the pages for this environment" })],
      artifacts: { pages: "dist" },
    },
    deploy: {
      needs: ["build", "package"],
      deploys: true,
      tools: ["aws"],
      uses: [
        { artifact: "pages", path: "dist" },
        { artifact: "function", path: "function.zip" },
      ],
      steps: [
        // The function first: new pages may call what only the new function answers.
        lambda.update({ function: infra.outputs.functionName, package: "function.zip" }),
        s3.sync({ from: "dist", bucket: infra.outputs.siteBucket }),
        cloudfront.invalidate({ distribution: infra.outputs.distributionId }),
      ],
    },
  },
});

export default delivery("infra-web", {
  pipelines: [infra, web],
  variables: { region: "eu-central-1" },
  environments: [
    env("dev", { branch: "develop", variables: { state_bucket: "infra-web-state-dev" } }),
    env("prod", { branch: "main", variables: { state_bucket: "infra-web-state-prod" } }),
  ],
});
