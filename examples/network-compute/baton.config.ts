import { cloudformation, context, delivery, env, pipeline, text, variable } from "baton-cd";

const network = pipeline("network", {
  description: "A VPC of the environment's own",
  paths: ["network.yaml"],
  outputs: { vpcId: "string", subnetId: "string" },
  jobs: {
    deploy: {
      deploys: true,
      steps: [
        cloudformation.deploy({
          stack: text`network-${context("environment")}`,
          template: "network.yaml",
          parameters: { EnvironmentName: context("environment"), AddressPrefix: variable("addressPrefix") },
          publish: { vpcId: "VpcId", subnetId: "PrivateSubnetId" },
        }),
      ],
    },
  },
});

const compute = pipeline("compute", {
  description: "The machines in it",
  needs: [network],
  paths: ["compute.yaml"],
  jobs: {
    deploy: {
      deploys: true,
      steps: [
        cloudformation.deploy({
          stack: text`compute-${context("environment")}`,
          template: "compute.yaml",
          capabilities: ["CAPABILITY_IAM"],
          parameters: {
            EnvironmentName: context("environment"),
            VpcId: network.outputs.vpcId,
            SubnetId: network.outputs.subnetId,
            InstanceType: variable("instanceType"),
          },
        }),
      ],
    },
  },
});

export default delivery("network-compute", {
  pipelines: [network, compute],
  environments: [
    env("qa", { branch: "main", variables: { addressPrefix: "10.20", instanceType: "t3.micro" } }),
    env("production", {
      after: "qa",
      approval: {
        reviewers: ["release-managers"],
        message: "QA runs this release. Deploy it to production?",
        timeout: "3d",
      },
      variables: { addressPrefix: "10.30", instanceType: "t3.small" },
    }),
  ],
});
