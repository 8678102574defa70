/** A delivery over several accounts and regions: stacks that CodePipeline deploys, and builds that act elsewhere. */
import {
  cloudformation,
  context,
  delivery,
  env,
  parameterStore,
  pipeline,
  s3,
  sh,
  text,
} from "../../../../src/index.ts";

export const home = { account: "123456789012", region: "eu-central-1" };
export const other = { account: "111122223333", region: "eu-west-1" };

const network = pipeline("network", {
  paths: ["network.yaml"],
  outputs: { topic: "string" },
  jobs: {
    deploy: {
      deploys: true,
      steps: [
        cloudformation.deploy({
          stack: text`network-${context("environment")}`,
          template: "network.yaml",
          publish: { topic: "Topic" },
        }),
      ],
    },
  },
});

const web = pipeline("web", {
  needs: [network],
  paths: ["web/**"],
  outputs: { bucket: { type: "string", job: "prepare", parameter: "/estate/{environment}/bucket" } },
  jobs: {
    build: {
      per: "release",
      steps: [sh("mkdir -p dist && echo home > dist/index.html")],
      artifacts: { dist: "dist" },
    },
    prepare: {
      deploys: true,
      retry: { attempts: 2, delay: "0s" },
      steps: [
        sh({ name: "Make the bucket" })`
          aws s3 mb s3://estate-${context("environment")}
          echo bucket=estate-${context("environment")} >> "$BATON_OUTPUT"
        `,
      ],
    },
    deploy: {
      needs: ["build", "prepare"],
      deploys: true,
      uses: ["dist"],
      env: { BUCKET: text`${network.outputs.topic} in ${context("environment")}` },
      steps: [
        sh('aws sts get-caller-identity --query Arn --output text > dist/who.txt && echo "$BUCKET" > dist/what.txt', {
          name: "Say who does it",
        }),
        s3.sync({ from: "dist", bucket: text`estate-${context("environment")}` }),
        parameterStore.put({ "/estate/last": context("commit") }),
      ],
    },
  },
});

export const estate = delivery("estate", {
  pipelines: [network, web],
  environments: [
    env("test", { branch: "main" }),
    env("us", { after: "test" }),
    env("prod", { after: "us", approval: { reviewers: ["release-managers"] } }),
  ],
});

export const estateSettings = {
  home,
  targets: { us: { region: "us-east-1" }, prod: other },
  permissions: {
    "network.deploy": [
      {
        actions: ["sns:CreateTopic", "sns:DeleteTopic"],
        resources: [`arn:\${partition}:sns:\${region}:\${account}:*`],
      },
    ],
    "web.deploy": [{ actions: ["sts:GetCallerIdentity"], resources: ["*"] }],
    "web.prepare": [{ actions: ["s3:CreateBucket"], resources: [`arn:\${partition}:s3:::estate-\${environment}`] }],
  },
};
