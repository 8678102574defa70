/** Stacks and their state. Terraform, which needs its backend to name the state, has a reader of its own. */

import type { CommandRow } from "../rows.ts";

const stack = (words: string, key: readonly string[], rest: Partial<CommandRow> = {}): CommandRow => ({
  words,
  resource: "stack",
  mode: "write",
  effect: "deploy",
  key,
  ...rest,
});

const serverless = (program: string): CommandRow[] => [
  stack(`${program} deploy`, ["folder", "--stage|-s"], {
    details: { stage: "--stage|-s", region: "--region|-r" },
    unless: ["--noDeploy"],
  }),
  stack(`${program} remove`, ["folder", "--stage|-s"], { mode: "replace", effect: "destroy" }),
];

export const infrastructureRows: readonly CommandRow[] = [
  stack("aws cloudformation deploy", ["--stack-name"], { unless: ["--no-execute-changeset"] }),
  stack("aws cloudformation create-stack", ["--stack-name"]),
  stack("aws cloudformation update-stack", ["--stack-name"]),
  stack("aws cloudformation execute-change-set", ["--stack-name"]),
  stack("aws cloudformation delete-stack", ["--stack-name"], { mode: "replace", effect: "destroy" }),
  stack("aws cloudformation describe-stacks", ["--stack-name"], { mode: "read", effect: "hand-off" }),
  stack("aws cloudformation list-exports", [], { mode: "read", effect: "hand-off" }),
  stack("aws cloudformation create-stack-set", ["--stack-set-name"]),
  stack("aws cloudformation update-stack-set", ["--stack-set-name"]),
  stack("cdk deploy", ["folder", "#0"], {
    details: { context: "-c|--context", app: "--app|-a" },
    unless: ["--no-execute"],
  }),
  stack("cdk destroy", ["folder", "#0"], { details: { app: "--app|-a" }, mode: "replace", effect: "destroy" }),
  stack("sam deploy", ["folder", "--stack-name", "--config-env"], { unless: ["--no-execute-changeset"] }),
  stack("sam sync", ["folder", "--stack-name", "--config-env"]),
  stack("sam delete", ["folder", "--stack-name"], { mode: "replace", effect: "destroy" }),
  ...serverless("serverless"),
  ...serverless("sls"),
  ...serverless("osls"),
  stack("sst deploy", ["folder", "--stage"]),
  stack("sst remove", ["folder", "--stage"], { mode: "replace", effect: "destroy" }),
  stack("pulumi up", ["--cwd|-C", "--stack|-s"], { unless: ["--preview-only"] }),
  stack("pulumi update", ["--cwd|-C", "--stack|-s"]),
  stack("pulumi refresh", ["--cwd|-C", "--stack|-s"]),
  stack("pulumi destroy", ["--cwd|-C", "--stack|-s"], { mode: "replace", effect: "destroy" }),
  stack("pulumi stack output", ["--cwd|-C", "--stack|-s"], { mode: "read", effect: "hand-off" }),
  // A deployment without a name has that of its template: one resource group holds many.
  stack("az deployment group create", ["--resource-group|-g", "--name|-n", "--template-file|-f"]),
  stack("az deployment sub create", ["--name|-n", "--template-file|-f"]),
  stack("az stack group create", ["--resource-group|-g", "--name|-n"]),
  stack("gcloud deployment-manager deployments update", ["#0"]),
  stack("gcloud infra-manager deployments apply", ["#0"]),
  stack("amplify push", ["folder"]),
  stack("amplify publish", ["folder"]),
  stack("ampx pipeline-deploy", ["--app-id", "--branch"]),
  stack("copilot deploy", ["folder", "--name|-n", "--env|-e"]),
  stack("copilot svc deploy", ["folder", "--name|-n", "--env|-e"]),
  stack("copilot job deploy", ["folder", "--name|-n", "--env|-e"]),
  stack("cdktf deploy", ["folder", "#0"]),
  stack("cdktf destroy", ["folder", "#0"], { mode: "replace", effect: "destroy" }),
  stack("azd up", ["folder", "--environment|-e"]),
  stack("azd deploy", ["folder", "--environment|-e"]),
  stack("azd provision", ["folder", "--environment|-e"]),
  stack("chalice deploy", ["folder", "--stage"]),
  stack("zappa update", ["folder", "#0"]),
  stack("zappa deploy", ["folder", "#0"]),
  stack("up deploy", ["folder", "#0"]),
  stack("arc deploy", ["folder"]),
];
