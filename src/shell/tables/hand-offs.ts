/** Values that one run leaves for another outside of the platform: parameters, secrets, single files in buckets. */

import type { CommandRow } from "../rows.ts";

const write = (words: string, key: readonly string[], rest: Partial<CommandRow> = {}): CommandRow => ({
  words,
  resource: "parameter",
  mode: "write",
  effect: "hand-off",
  key,
  ...rest,
});
const read = (words: string, key: readonly string[]): CommandRow => write(words, key, { mode: "read" });

export const handOffRows: readonly CommandRow[] = [
  write("aws ssm put-parameter", ["--name"]),
  write("aws ssm delete-parameter", ["--name"]),
  read("aws ssm get-parameter", ["--name"]),
  read("aws ssm get-parameters", ["--names"]),
  read("aws ssm get-parameters-by-path", ["--path"]),
  write("aws secretsmanager put-secret-value", ["--secret-id"]),
  write("aws secretsmanager update-secret", ["--secret-id"]),
  write("aws secretsmanager create-secret", ["--name"]),
  read("aws secretsmanager get-secret-value", ["--secret-id"]),
  write("aws appconfig create-hosted-configuration-version", ["--application-id", "--configuration-profile-id"]),
  write("aws appconfig start-deployment", ["--application-id", "--environment-id"], { effect: "deploy" }),
  write("az keyvault secret set", ["--vault-name", "--name|-n"]),
  read("az keyvault secret show", ["--vault-name", "--name|-n"]),
  write("az appconfig kv set", ["--name|-n", "--key"]),
  write("gcloud secrets versions add", ["#0"]),
  read("gcloud secrets versions access", ["--secret"]),
  write("vault kv put", ["#0"]),
  read("vault kv get", ["#0"]),
  write("consul kv put", ["#0"]),
  read("consul kv get", ["#0"]),
  write("aws s3api put-object", ["--bucket", "--key"], { resource: "bucket" }),
  write("aws s3api copy-object", ["--bucket", "--key"], { resource: "bucket" }),
  write("aws s3api delete-object", ["--bucket", "--key"], { resource: "bucket" }),
  { ...read("aws s3api get-object", ["--bucket", "--key"]), resource: "bucket" },
];
