/**
 * How the commands of a build act in another account or region. A build runs at home, and who it is there takes artifacts,
 * reads secrets and publishes outputs. Its steps act as a role of the environment's account: a profile names the role, so
 * every tool gets fresh credentials by itself, however long it runs.
 */

import type { EnvironmentVariable } from "./infrastructure.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { jobRoleName, roleArnIn, targetOf, targetOfPlace } from "./targets.ts";

/** What a build project says of its environment's place; nothing at home. */
export function targetVariables(place: JobPlace, register: Register): EnvironmentVariable[] {
  const target = targetOfPlace(place);
  if (target === undefined) return [];
  const plain = (name: string, value: string): EnvironmentVariable => ({ name, type: "PLAINTEXT", value });
  return [
    plain("BATON_TARGET_REGION", target.region),
    ...(target.elsewhere === "account"
      ? [plain("BATON_TARGET_ROLE", roleArnIn(target, jobRoleName(place, register), place.options.settings))]
      : []),
  ];
}

/** Whether a job is somewhere else in any of its environments: they share one buildspec. */
export function mayActElsewhere({ job, delivery, options }: JobPlace): boolean {
  return (
    job.per === "environment" && delivery.environments.some((one) => targetOf(one, options.settings) !== undefined)
  );
}

export const actElsewhereCommand = [
  "# Act where the environment is, in its account as a role of its own",
  `export BATON_HOME_REGION="\${AWS_REGION:-}"`,
  `if [ -n "\${BATON_TARGET_REGION:-}" ]; then`,
  '  export AWS_REGION="$BATON_TARGET_REGION" AWS_DEFAULT_REGION="$BATON_TARGET_REGION"',
  "fi",
  `if [ -n "\${BATON_TARGET_ROLE:-}" ]; then`,
  '  export AWS_CONFIG_FILE="$(mktemp)" AWS_PROFILE=target AWS_SDK_LOAD_CONFIG=1',
  "  {",
  '    echo "[profile target]"',
  '    echo "role_arn = $BATON_TARGET_ROLE"',
  '    echo "role_session_name = $BATON_RUN"',
  '    echo "credential_source = EcsContainer"',
  '  } > "$AWS_CONFIG_FILE"',
  "fi",
].join("\n");

/** Before a command that needs what is kept at home. */
export const atHome = 'env -u AWS_PROFILE AWS_REGION="$BATON_HOME_REGION" AWS_DEFAULT_REGION="$BATON_HOME_REGION" ';
