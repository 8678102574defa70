/** Infrastructure to Parameter Store to web, carried out: real Terraform, node and AWS CLI against a local server like AWS. */

import assert from "node:assert/strict";
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

const when = fullDepth(...emulator, "gh", "jq", "zip", "unzip", "tar");

test(
  "infra-web: one push brings up everything; a commit of web alone reaches the bucket and the function",
  when,
  async (t) => {
    const { env, tools, cli } = await emulatedAws(t);
    const it = machine(t, {
      workflows: writeWorkflows(example("infra-web"), { layout: "chained", parameterPrefix: "/pipelines-terraform" }),
      files: filesIn(exampleFolder("infra-web")),
      tools,
      env,
    });
    Object.assign(it.shop.env, terraformEnv(it.shop.scratch), {
      TF_CLI_ARGS_init: "-backend-config=use_path_style=true",
    });
    const parameter = (name: string) =>
      cli("ssm", "get-parameter", "--name", `/pipelines-terraform/dev/${name}`, "--query", "Parameter.Value");
    const page = (name: string) => cli("s3", "cp", `s3://${parameter("site-bucket")}/${name}`, "-");
    cli("s3", "mb", "s3://infra-web-state-dev");
    it.commit({}, "develop");
    good(it.push("develop"), it);
    assert.match(page("index.html"), new RegExp(`data-api="${parameter("api-url")}"`));
    const code = () =>
      cli(
        "lambda",
        "get-function",
        "--function-name",
        parameter("function-name"),
        "--query",
        "Configuration.CodeSha256",
      );
    const before = code();
    const applied = it.shop.executed.size;

    it.commit(
      { "web/function/items.mjs": `${filesIn(exampleFolder("infra-web"))["web/function/items.mjs"]}// new\n` },
      "develop",
    );
    const [run] = it.push("develop");
    good([run!], it);
    assert.equal(run!.jobs.get("apply"), "skipped");
    assert.equal(run!.followers.length, 1);
    assert.notEqual(code(), before);
    assert.equal(it.shop.executed.size, applied, "no script that had not run before");
    assert.deepEqual(
      scriptsOf(it.repository)
        .filter(({ where }) => !it.shop.executed.has(where))
        .map(({ where }) => where),
      [],
    );
  },
);
