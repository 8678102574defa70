/** What a job's build runs on: as the settings say it, and privileged where it builds containers. */

import { type Architecture, architectureOf, knownLabels, systemOf } from "../../../model/machine-labels.ts";
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
  const wanted = wantedOf(place, { isSaid: Object.hasOwn(settings.machines, job) });
  const all = { ...settings.machine, ...wanted, ...own };
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

/** What the definition asks for. `isSaid`: the settings have the word of this job, whatever its labels are. */
function wantedOf(place: JobPlace, { isSaid }: { isSaid: boolean }): { image?: string; architecture?: Architecture } {
  const { job, pipeline, name } = place;
  const path = ["pipelines", pipeline.name, "jobs", name];
  const where = referenceOf(place);
  const help = `say in baton.codepipeline.yaml what it runs on there: machines: { ${where}: { … } }`;
  if (Object.keys(job.services ?? {}).length > 0) {
    throw new CannotWrite(
      `${where} has services, and a build of CodeBuild has none beside it`,
      "start what it needs in a step, with docker run",
      [...path, "services"],
    );
  }
  const { container, runsOn } = job;
  const more = (["env", "options", "credentials"] as const).find(
    (key) => Object.keys(container?.[key] ?? {}).length > 0,
  );
  if (more !== undefined) {
    throw new CannotWrite(
      `the container of ${where} has ${more}, and of an image CodeBuild takes the name alone`,
      more === "env" ? "put them into env of the job" : "use an image that needs none, or one in ECR",
      [...path, "container", more],
    );
  }
  if (container !== undefined && typeof container.image !== "string") {
    throw new CannotWrite(`the image of ${where} is made of values, and CodeBuild has to know it before`, help, [
      ...path,
      "container",
      "image",
    ]);
  }
  const image = container === undefined ? {} : { image: container.image as string };
  if (runsOn === undefined || isSaid) return image;
  const { environment, delivery } = place;
  // A matrix is one build for each leg, and all of a project's have one machine.
  const labels = knownLabels(runsOn, { delivery, environment: environment?.name, leg: {} });
  const strange = labels.find((label) => systemOf(label) !== "Linux" && architectureOf(label) === undefined);
  if (runsOn.group !== undefined || labels.length < runsOn.labels.length || strange !== undefined) {
    throw new CannotWrite(
      `runsOn of ${where} is ${strange ?? (runsOn.group === undefined ? "made of values" : "a group")}, and CodeBuild has machines with Linux, for x64 or arm64`,
      help,
      [...path, "runsOn"],
    );
  }
  const architecture = labels.flatMap((label) => architectureOf(label) ?? [])[0];
  return { ...image, ...(architecture !== undefined && { architecture }) };
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
