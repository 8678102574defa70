import {
  cloudformation,
  cloudfront,
  context,
  delivery,
  env,
  lambda,
  type OutputHandle,
  output,
  pipeline,
  s3,
  sh,
  text,
  variable,
} from "baton-cd";

const environment = context("environment");
const node = { name: "node", version: ">=22.18" };

const hosting = pipeline("hosting", {
  description: "Buckets and distributions that the front ends are served from; they outlive every release",
  paths: ["hosting/**"],
  workingDirectory: "hosting",
  outputs: {
    adminBucket: { job: "deploy" },
    adminDistribution: { job: "deploy" },
    adminUrl: { type: "url", job: "deploy" },
    customerBucket: { job: "deploy" },
    customerDistribution: { job: "deploy" },
    customerUrl: { type: "url", job: "deploy" },
  },
  jobs: {
    check: { per: "release", tools: ["cfn-lint"], steps: [sh("cfn-lint --region us-east-1 -- hosting.yaml")] },
    deploy: {
      needs: ["check"],
      deploys: true,
      steps: [
        cloudformation.deploy({
          stack: text`shop-hosting-${environment}`,
          template: "hosting.yaml",
          parameters: { EnvironmentName: environment },
          publish: {
            adminBucket: "AdminBucketName",
            adminDistribution: "AdminDistributionId",
            adminUrl: "AdminUrl",
            customerBucket: "CustomerBucketName",
            customerDistribution: "CustomerDistributionId",
            customerUrl: "CustomerUrl",
          },
        }),
      ],
    },
  },
});

const orders = text`shop-orders-${environment}`;

const backend = pipeline("backend", {
  description: "Tables, the function with its layers, and the API in front of it",
  paths: ["backend/**"],
  workingDirectory: "backend",
  outputs: {
    productsTable: { job: "data" },
    ordersTable: { job: "data" },
    codeBucket: { job: "data" },
    apiUrl: { type: "url", job: "api" },
  },
  jobs: {
    build: {
      per: "release",
      tools: [node, "zip"],
      steps: [
        sh("npm ci", { name: "Install" }),
        sh("npm test", { name: "Run the tests" }),
        sh("npm run build", { name: "Pack the function and its layers, synthesise the stacks" }),
      ],
      artifacts: { code: "dist/function.zip", layers: "dist/layers", templates: "dist/templates" },
    },
    data: {
      needs: ["build"],
      deploys: true,
      uses: [{ artifact: "templates", path: "templates" }],
      steps: [
        cloudformation.deploy({
          stack: text`shop-data-${environment}`,
          template: "templates/Data.template.json",
          parameters: { EnvironmentName: environment },
          publish: { productsTable: "ProductsTable", ordersTable: "OrdersTable", codeBucket: "CodeBucket" },
        }),
      ],
    },
    // Under names that say what is in them, so that stacks of earlier releases find theirs.
    upload: {
      needs: ["data"],
      deploys: true,
      uses: [{ artifact: "layers", path: "layers" }],
      steps: [s3.sync({ from: "layers", bucket: output("codeBucket"), prefix: "layers", others: "kept" })],
    },
    compute: {
      needs: ["upload"],
      deploys: true,
      uses: [{ artifact: "templates", path: "templates" }],
      steps: [
        cloudformation.deploy({
          stack: text`shop-compute-${environment}`,
          template: "templates/Compute.template.json",
          capabilities: ["CAPABILITY_IAM"],
          parameters: {
            EnvironmentName: environment,
            CodeBucket: output("codeBucket"),
            ProductsTable: output("productsTable"),
            OrdersTable: output("ordersTable"),
          },
        }),
      ],
    },
    // The stack has changed the function that nobody calls; from here on callers get it, with its code, share by share.
    release: {
      needs: ["compute"],
      deploys: true,
      timeout: "2h",
      uses: [{ artifact: "code", path: "function.zip" }],
      steps: [
        lambda.blueGreen({
          function: orders,
          alias: "live",
          package: "function.zip",
          shares: [10, 50],
          watchMinutes: variable("watch_minutes"),
          alarms: [text`${orders}-errors`, text`${orders}-slow`],
          check: `aws lambda invoke --function-name "$FUNCTION" --qualifier "$VERSION" --payload fileb://health.json answer.json
grep -q '"statusCode":200' answer.json`,
        }),
      ],
    },
    api: {
      needs: ["release"],
      deploys: true,
      uses: [{ artifact: "templates", path: "templates" }],
      steps: [
        cloudformation.deploy({
          stack: text`shop-api-${environment}`,
          template: "templates/Api.template.json",
          parameters: { EnvironmentName: environment, FunctionName: orders },
          publish: { apiUrl: "ApiUrl" },
        }),
      ],
    },
    smoke: {
      needs: ["api"],
      tools: [node],
      retry: 2,
      env: { API_URL: output("apiUrl"), ENVIRONMENT: environment },
      steps: [sh("node smoke.js", { name: "Ask the API what a customer would" })],
    },
  },
});

/** A front end: built once, with the address of the environment's API written beside it where it is deployed. */
function frontEnd<const Name extends "admin" | "customer">(
  name: Name,
  description: string,
  { bucket, distribution, url }: Readonly<Record<"bucket" | "distribution" | "url", OutputHandle>>,
) {
  return pipeline(name, {
    description,
    needs: [hosting, backend],
    paths: [`${name}/**`],
    workingDirectory: name,
    jobs: {
      build: {
        per: "release",
        tools: [node],
        steps: [
          sh("npm ci", { name: "Install" }),
          sh("npm test", { name: "Run the tests" }),
          sh("npm run build", { name: "Build the site" }),
        ],
        artifacts: { site: "dist" },
      },
      deploy: {
        needs: ["build"],
        deploys: true,
        tools: [node],
        uses: [{ artifact: "site", path: "dist" }],
        env: { API_URL: backend.outputs.apiUrl },
        steps: [
          sh("node config.js dist", { name: "Write what differs between environments" }),
          s3.sync({ from: "dist", bucket }),
          // Only now: what the cache fetched before would be the old site.
          cloudfront.invalidate({ distribution }),
        ],
      },
      smoke: {
        needs: ["deploy"],
        tools: [node],
        retry: 2,
        env: { SITE_URL: url, API_URL: backend.outputs.apiUrl },
        steps: [sh("node smoke.js", { name: "Look at the site as a browser would" })],
      },
    },
  });
}

const admin = frontEnd("admin", "What the people of the shop look at", {
  bucket: hosting.outputs.adminBucket,
  distribution: hosting.outputs.adminDistribution,
  url: hosting.outputs.adminUrl,
});

const customer = frontEnd("customer", "What customers look at", {
  bucket: hosting.outputs.customerBucket,
  distribution: hosting.outputs.customerDistribution,
  url: hosting.outputs.customerUrl,
});

export default delivery("ecommerce", {
  pipelines: [hosting, backend, admin, customer],
  environments: [
    env("dev", { branch: "main", variables: { watch_minutes: 0 } }),
    env("staging", { after: "dev", variables: { watch_minutes: 1 } }),
    env("prod", {
      after: "staging",
      approval: {
        reviewers: ["release-managers"],
        message: "Staging runs this release and its smoke tests have passed. Deploy it to production?",
        timeout: "3d",
      },
      variables: { watch_minutes: 10 },
    }),
  ],
});
