/** What the settings may say of the machines that builds run on. */

import { z } from "zod";

const sizes = ["small", "medium", "large", "xlarge", "2xlarge"] as const;

export const machineSchema = z.strictObject({
  image: z.string().min(1).optional(),
  size: z.enum(sizes).optional(),
  architecture: z.enum(["x86_64", "arm64"]).optional(),
  /** May build containers. Default: where the job's steps or tools name what builds them. */
  privileged: z.boolean().optional(),
  /** Where the machine is in a network of the account in which the pipelines are. */
  vpc: z
    .strictObject({
      id: z.string().regex(/^vpc-[0-9a-f]+$/),
      subnets: z
        .array(z.string().regex(/^subnet-[0-9a-f]+$/))
        .min(1)
        .max(16),
      securityGroups: z
        .array(z.string().regex(/^sg-[0-9a-f]+$/))
        .min(1)
        .max(5),
    })
    .optional(),
  /** ARN of a fleet of reserved machines. */
  fleet: z
    .string()
    .regex(/^arn:aws[a-z-]*:codebuild:[a-z0-9-]+:[0-9]{12}:fleet\/.+$/, "the ARN of a fleet of CodeBuild")
    .optional(),
});
