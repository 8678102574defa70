/** What a job's build runs on: as the settings say it, and privileged where it builds containers. */

import { keyText } from "../../../shell/words.ts";
import { CannotWrite } from "../../generated.ts";
import type { Machine, Statement } from "./infrastructure.ts";
import { type JobPlace, referenceOf } from "./job-place.ts";
import { commandsOf } from "./step-commands.ts";
import { localArn } from "./text.ts";

/** Images that have the usual tools. Source: the CodeBuild user guide. */
const images = {
  x86_64: "aws/codebuild/amazonlinux-x86_64-standard:5.0",
  arm64: "aws/codebuild/amazonlinux-aarch64-standard:3.0",
} as const;

/** @throws {CannotWrite} for a machine on which the job cannot run. */
export function machineOf(place: JobPlace): Machine {
  const { settings } = place.options;
  const job = referenceOf(place);
  const own = Object.hasOwn(settings.machines, job) ? settings.machines[job]! : {};
  const all = { ...settings.machine, ...own };
  const { architecture = "x86_64", size = "small", fleet, vpc } = all;
  const builds = buildsContainers(place);
  const isPrivileged = all.privileged ?? builds;
  if (builds && !isPrivileged) {
    throw new CannotWrite(
      `${job} builds containers, and its machine is not privileged: it could not start Docker`,
      `take privileged: false out of the machine of ${job} in baton.codepipeline.yaml`,
      ["pipelines", place.pipeline.name, "jobs", place.name],
    );
  }
  return {
    image: all.image ?? settings.image ?? images[architecture],
    type: architecture === "arm64" ? "ARM_CONTAINER" : "LINUX_CONTAINER",
    compute: `BUILD_GENERAL1_${size.toUpperCase()}`,
    isPrivileged,
    fleet,
    vpc,
  };
}

/** Programs that need a Docker daemon on the machine. */
const containerPrograms = new Set(["docker", "docker-compose", "dockerd", "podman", "buildah", "earthly", "pack"]);

function buildsContainers({ job }: JobPlace): boolean {
  if (job.tools.some(({ name }) => containerPrograms.has(name))) return true;
  return job.steps.some(({ run }) =>
    commandsOf(run).some(
      ({ program, words }) =>
        program !== undefined &&
        (containerPrograms.has(program) ||
          (program === "sam" && words.some(({ key }) => keyText(key) === "--use-container"))),
    ),
  );
}

/** For the network interface of a build. Source: the CodeBuild user guide. */
export function networkStatements({ vpc }: Machine): Statement[] {
  if (vpc === undefined) return [];
  return [
    {
      sid: "JoinNetwork",
      // These can be limited to no resource.
      actions: [
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DescribeDhcpOptions",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
      ].map((action) => `ec2:${action}`),
      resources: ["*"],
    },
    {
      sid: "LendInterface",
      actions: ["ec2:CreateNetworkInterfacePermission"],
      resources: [localArn("ec2", "network-interface/*")],
      condition: {
        StringEquals: { "ec2:AuthorizedService": "codebuild.amazonaws.com" },
        ArnEquals: { "ec2:Subnet": vpc.subnets.map((subnet) => localArn("ec2", `subnet/${subnet}`)) },
      },
    },
  ];
}
