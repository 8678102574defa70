/** What the tests of the writer share: an example delivery with everything in it, and how files are made of it. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse } from "yaml";
import {
  cloudfront,
  context,
  delivery,
  env,
  parameter,
  parameterStore,
  pipeline,
  s3,
  secret,
  sh,
  text,
  variable,
  when,
} from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import {
  settingsSchema,
  type WriteOptions,
  type Written,
} from "../../../../src/platforms/codepipeline/write/options.ts";
import { writeCodePipeline } from "../../../../src/platforms/codepipeline/write/write.ts";

export const examples = fileURLToPath(new URL("../../../../examples/", import.meta.url));

export function write(built: Delivery, settings: object = {}, options: Partial<WriteOptions> = {}): Written {
  return writeCodePipeline(built, {
    layout: "single",
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
    ...options,
  });
}

export async function readExample(name: string): Promise<{ built: Delivery; settings: object }> {
  const folder = `${examples}${name}`;
  const module = (await import(pathToFileURL(`${folder}/baton.config.ts`).href)) as { default: Delivery };
  const settings = `${folder}/baton.codepipeline.yaml`;
  const { cost: _notWritten, ...kept } = existsSync(settings)
    ? (parse(readFileSync(settings, "utf8")) as { cost?: object })
    : {};
  return { built: module.default, settings: kept };
}

const size = parameter("size", { options: ["small", "large"], default: "small" });

const infra = pipeline("infra", {
  paths: ["infra/**"],
  schedules: ["30 4 * * 1-5"],
  outputs: {
    siteBucket: { type: "string", job: "apply" },
    apiUrl: { type: "url", job: "apply", parameter: "/shop/{environment}/api" },
    limits: { type: "json", job: "apply" },
  },
  jobs: {
    apply: {
      deploys: true,
      retry: { attempts: 3, delay: "0s" },
      steps: [
        sh({ name: "Fail the first time" })`
          [ -e tried ] || { touch tried; echo 'siteBucket=wrong' >> "$BATON_OUTPUT"; exit 7; }
        `,
        sh({ name: "Make the bucket" })`aws s3 mb s3://shop-${context("environment")}-${variable("suffix")}`,
        sh({ name: "Publish" })`
          echo siteBucket=shop-${context("environment")}-${variable("suffix")} >> "$BATON_OUTPUT"
          echo apiUrl=https://api.example.com/${context("commit")} >> "$BATON_OUTPUT"
          printf 'limits<<END\n{"users":\n 3}\nEND\n' >> "$BATON_OUTPUT"
        `,
      ],
    },
  },
});

const web = pipeline("web", {
  needs: [infra],
  paths: ["web/**"],
  workingDirectory: "web",
  outputs: { version: { type: "string", job: "build" } },
  jobs: {
    test: { per: "release", matrix: { node: ["22", "24"] }, steps: [sh("test -f index.html")] },
    build: {
      per: "release",
      needs: ["test"],
      steps: [
        sh(
          "mkdir -p dist/.well-known && cp index.html dist/ && ln -s index.html dist/home.html && echo hidden > dist/.well-known/x",
        ),
        sh({ name: "Say the version" })`echo "version=1.0-${context("run")}" >> "$BATON_OUTPUT"`,
      ],
      artifacts: { dist: "dist" },
    },
    deploy: {
      needs: ["build"],
      deploys: true,
      uses: ["dist"],
      env: {
        TITLE: text`a "quoted" $(touch owned) ${infra.outputs.apiUrl}`,
        LIMITS: infra.outputs.limits,
        TOKEN: secret("TOKEN"),
      },
      steps: [
        sh({
          name: "Write the settings",
        })`printf '%s|%s|%s|%s' "$TITLE" "$LIMITS" "$TOKEN" ${context("release")} > dist/settings.txt`,
        sh("exit 3", { name: "Only for large", condition: when.parameter(size, "large") }),
        sh("exit 4", { name: "Only in prod", condition: when.environment("prod") }),
        sh("exit 5", { name: "May fail", continueOnFailure: true }),
        s3.sync({ from: "dist", bucket: infra.outputs.siteBucket }),
        parameterStore.put({ "/shop/web/last": context("commit") }),
      ],
    },
    invalidate: {
      needs: ["deploy"],
      continueOnFailure: true,
      steps: [cloudfront.invalidate({ distribution: variable("distribution") })],
    },
  },
});

export const shop = delivery("shop", {
  parameters: [size],
  pipelines: [infra, web],
  environments: [
    env("test", { branch: "main", variables: { suffix: "t", distribution: "E123" } }),
    env("prod", {
      after: "test",
      approval: { reviewers: ["release-managers"] },
      variables: { suffix: "p", distribution: "E456" },
    }),
  ],
});

export const shopSettings = {
  permissions: {
    "infra.apply": [{ actions: ["s3:CreateBucket"], resources: [`arn:\${partition}:s3:::shop-\${environment}-*`] }],
  },
  alarms: { prod: ["shop-errors"] },
};

/** With a key of the team's own, and the function that rolls back. */
export const keySettings = { ...shopSettings, encryption: "key", rollback: "function" };

/** With what an account has already. */
export const existingSettings = {
  ...shopSettings,
  existing: {
    bucket: "artifacts-of-all-teams",
    key: "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
    topic: "arn:aws:sns:eu-central-1:123456789012:deliveries",
  },
  rolePath: "/delivery/shop/",
  permissionsBoundary: `arn:\${partition}:iam::\${account}:policy/limits`,
};

/** On machines of the team's own choice, in its network, under its rules. */
export const machineSettings = {
  ...shopSettings,
  machine: {
    size: "large",
    privileged: true,
    vpc: { id: "vpc-0a1b2c3d", subnets: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"], securityGroups: ["sg-0a1b2c3d"] },
    fleet: "arn:aws:codebuild:eu-central-1:123456789012:fleet/builders:11111111-2222-3333-4444-555555555555",
  },
  machines: { "web.build": { architecture: "arm64" } },
  permissionsBoundary: `arn:\${partition}:iam::\${account}:policy/limits`,
  logDays: 365,
  accessLogs: "access-logs-of-ours",
};

const tool = pipeline("lib", {
  paths: ["lib/**"],
  jobs: {
    build: {
      per: "release",
      steps: [sh("mkdir out && cp lib/tool out/ && chmod +x out/tool && ln -s tool out/alias")],
      artifacts: { package: "out" },
    },
    deploy: { deploys: true, steps: [sh("true")] },
  },
});
const site = pipeline("web", {
  needs: [tool],
  paths: ["web/**"],
  jobs: {
    deploy: {
      deploys: true,
      uses: [{ artifact: tool.artifacts.package, path: "vendor/lib" }],
      steps: [sh("./vendor/lib/alias > said")],
      artifacts: { said: "said" },
    },
  },
});
/** One pipeline takes files of another. */
export const toolShop = delivery("shop", { pipelines: [tool, site], environments: [env("test", { branch: "main" })] });

/** From CodeCommit; an image starts it, too. */
export const codeCommitSettings = {
  ...shopSettings,
  source: { type: "codecommit" },
  startedByImages: { web: [{ repository: "base/node", tag: "24" }] },
};

/** Channels are told. */
export const chatSettings = {
  ...shopSettings,
  rollback: "function",
  chat: [
    { type: "slack", workspace: "T012ABCDEFG", channel: "C012ABCDEFG" },
    {
      type: "teams",
      tenant: "00000000-1111-4222-8333-444444444444",
      team: "55555555-1111-4222-8333-444444444444",
      channel: "19%3Adeliveries%40thread.tacv2",
    },
  ],
};

/** From an archive in a bucket. */
export const bucketSettings = { ...shopSettings, source: { type: "s3" } };

/** What tags start. */
export const tagSettings = { ...shopSettings, source: { type: "connection", tags: ["v*", "hotfix-*"] } };

/** With a pipeline for pull requests. */
export const checkSettings = { ...shopSettings, pullRequests: "checks" };

/** A stage, an argument, a policy and resources of the team's own, over a template. */
export const cloudFormationOverlay = {
  WebBuildProject: { Properties: { BadgeEnabled: true } },
  WebBuildLogs: { DeletionPolicy: "Retain" },
  ShopPipeline: {
    Properties: {
      Stages: [
        {
          Name: "Scan",
          $after: "Build",
          Actions: [
            {
              Name: "scan",
              ActionTypeId: { Category: "Invoke", Owner: "AWS", Provider: "Lambda", Version: "1" },
              Configuration: { FunctionName: "Scanner" },
              RunOrder: 1,
            },
          ],
        },
        {
          Name: "Approve-prod",
          Actions: [{ Name: "approve-prod", Configuration: { CustomData: "Ask the shop first" } }],
        },
      ],
    },
  },
  Scanner: {
    Type: "AWS::SNS::Topic",
    Properties: { KmsMasterKeyId: { "Fn::Sub": `alias/\${AWS::StackName}` } },
  },
  Queue: {
    Type: "AWS::SQS::Queue",
    Properties: { SqsManagedSseEnabled: true, QueueName: { "Fn::GetAtt": ["Scanner", "TopicName"] } },
  },
};

/** The like of it over a module of Terraform. */
export const terraformOverlay = {
  "aws_codebuild_project.web_build_project": {
    badge_enabled: true,
    description: `web of \${var.repository}`,
    environment: { image_pull_credentials_type: "CODEBUILD" },
  },
  "aws_codepipeline.shop_pipeline": {
    stage: [
      {
        name: "Scan",
        $after: "Build",
        action: [
          {
            name: "scan",
            category: "Invoke",
            owner: "AWS",
            provider: "Lambda",
            version: "1",
            configuration: { FunctionName: "scanner" },
          },
        ],
      },
    ],
  },
  "aws_iam_role_policy.web_build_role": {
    policy: { Statement: [{ Sid: "More", Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" }] },
  },
};
