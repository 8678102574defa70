/** The nine workflows, carried out for dev: real Python, zip, Terraform and AWS CLI against a local server like AWS. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { writeWorkflows } from "../../src/platforms/github/write/write.ts";
import { emulator, fullDepth } from "../lane/needs.ts";
import { scriptsOf } from "../platforms/github/write/accept.ts";
import { example, exampleFolder } from "../platforms/github/write/deliveries.ts";
import { emulatedAws } from "./machine/emulated-aws.ts";
import { filesIn } from "./machine/files.ts";
import { machine } from "./machine/machine.ts";
import { good } from "./machine/shop.ts";
import { terraformEnv } from "./machine/terraform.ts";

const when = fullDepth(...emulator, "gh", "jq", "zip", "unzip", "tar", "terraform");

/** Tools that are installed from a package index, which tests do not reach: they say that they were called. */
const python = `#!/bin/bash
case "$*" in
  "-m pip "*|"-m flake8 "*|"-m bandit "*) echo "stand-in: python3 $*" ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
`;
const checkov = "#!/bin/bash\necho 'stand-in: checkov' \"$@\"\n";

test("lambda-terraform: the package is built, verified, planned with and deployed; nothing twice", when, async (t) => {
  const { env, tools, cli } = await emulatedAws(t);
  const real = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
  const it = machine(t, {
    workflows: writeWorkflows(example("lambda-terraform"), { layout: "per-environment" }),
    files: filesIn(exampleFolder("lambda-terraform")),
    tools: { ...tools, python3: python, checkov },
    env: { ...env, REAL_PYTHON: real },
  });
  Object.assign(it.shop.env, terraformEnv(it.shop.scratch), {
    TF_CLI_ARGS_init: "-backend-config=use_path_style=true",
  });
  cli("s3", "mb", "s3://lambda-terraform-state-dev");
  it.commit({}, "develop");
  const [run] = it.push("develop");
  good([run!], it);
  const found = cli(
    "lambda",
    "get-function",
    "--function-name",
    "greeter-dev",
    "--query",
    "Configuration.[Handler,Environment.Variables.ENVIRONMENT]",
  );
  assert.equal(found, "lambda_package.handler.lambda_handler\tdev");
  assert.ok(it.shop.store.names(run!.id).includes("lambda-package-dev"));
  const record = JSON.parse(it.shop.store.read("release-dev", run!.id));
  assert.equal(record.pipelines.terraform.outputs.functionName, "greeter-dev");
  assert.match(record.pipelines.python.artifacts["lambda-package"].digest, /^sha256:[0-9a-f]{64}$/);

  // Terraform alone: the package of the earlier run is taken, by its run and digest.
  const changed = filesIn(exampleFolder("lambda-terraform"))["iac/terraform/main.tf"]!.replace(
    "timeout          = 10",
    "timeout          = 20",
  );
  it.commit({ "iac/terraform/main.tf": changed }, "develop");
  const [second] = it.push("develop");
  good([second!], it);
  assert.equal(second!.jobs.get("dev/python"), "skipped");
  assert.equal(
    cli("lambda", "get-function", "--function-name", "greeter-dev", "--query", "Configuration.Timeout"),
    "20",
  );

  const dev = scriptsOf(it.repository).filter(({ where }) => where.includes("-dev.yml"));
  assert.deepEqual(
    dev.filter(({ where }) => !it.shop.executed.has(where)).map(({ where }) => where),
    [],
  );
});
