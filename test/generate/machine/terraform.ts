import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where providers may lie on a machine without a network, each the root of a file system mirror. */
const mirrors = ["/opt", "/usr/local/share", "/usr/share", process.env.HOME ?? "/root"];

/**
 * Variables with which the real Terraform works on its own: providers from a mirror on this machine where there is one (else
 * from the registry), and an S3 backend that reaches a server which knows no host names for buckets.
 */
export function terraformEnv(scratch: string): Record<string, string> {
  const mirror = findMirror();
  const config = join(scratch, "terraform.rc");
  const text =
    mirror === undefined
      ? ""
      : `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`;
  writeFileSync(config, text);
  return {
    TF_CLI_CONFIG_FILE: config,
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
    AWS_S3_USE_PATH_STYLE: "true",
    AWS_MAX_ATTEMPTS: "3",
  };
}

function findMirror(): string | undefined {
  for (const place of mirrors) {
    for (const name of existsSync(place) ? readdirSync(place) : []) {
      const root = join(place, name);
      if (existsSync(join(root, "registry.terraform.io/hashicorp/aws"))) return root;
    }
  }
  return undefined;
}
