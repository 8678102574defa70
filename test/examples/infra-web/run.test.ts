/** Terraform, Parameter Store and web run by Baton against emulated AWS: dev, production, a release that breaks half-way, and back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startEmulator } from "../../aws/emulator.ts";
import { sandbox } from "../../cli/sandbox.ts";
import { filesIn } from "../../generate/machine/files.ts";
import { terraformEnv } from "../../generate/machine/terraform.ts";
import { emulator, fullDepth } from "../../lane/needs.ts";
import { exampleFolder } from "../../platforms/github/write/deliveries.ts";

type Outputs = Record<string, string>;

/** A change of the infrastructure whose second half AWS refuses when the first is there already. */
const refusedHalfWay = `
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "\${local.name}-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  dimensions          = { FunctionName = aws_lambda_function.items.function_name }
}

resource "aws_s3_object" "notice" {
  bucket     = "\${local.name}-notices-that-nobody-made"
  key        = "notice.txt"
  content    = "new"
  depends_on = [aws_cloudwatch_metric_alarm.errors, aws_lambda_function.items]
}
`;

test(
  "infra-web goes from develop to dev and from main to prod; a release that breaks half-way is taken back as one",
  fullDepth(...emulator, "terraform"),
  async (t) => {
    await using emulated = await startEmulator();
    const files = filesIn(exampleFolder("infra-web"));
    const config = files["baton.config.ts"]!.replaceAll("deploys: true,", "deploys: true,\n      drift: true,");
    const repo = sandbox(t, { files: { ...files, "baton.config.ts": config } });
    const own = Object.entries(emulated.env).filter(([name]) => /^(AWS_|PATH$)/.test(name));
    Object.assign(repo.env, Object.fromEntries(own), terraformEnv(join(repo.root, ".git")), {
      TF_CLI_ARGS_init: "-backend-config=use_path_style=true",
    });
    const aws = <T>(words: string, ...more: string[]) => emulated.aws<T>(...words.split(" "), ...more);
    const region = "LocationConstraint=eu-central-1";
    for (const name of ["dev", "prod"]) {
      await aws(`s3api create-bucket --bucket infra-web-state-${name} --create-bucket-configuration ${region}`);
    }
    const run = async (...words: string[]) => {
      const ended = await repo.baton(...words);
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      return ended;
    };
    const outputs = async (environment: string): Promise<Outputs> => {
      const { environments } = await repo.json<{
        environments: Record<string, { infra: { outputs: Outputs } }>;
      }>("outputs", "--env", environment);
      return environments[environment]!.infra.outputs;
    };
    /** All of an environment that a release can change. */
    const seen = async (environment: string) => {
      const { siteBucket, functionName } = await outputs(environment);
      const { MetricAlarms } = await aws<{ MetricAlarms: { AlarmName: string }[] }>(
        `cloudwatch describe-alarms --alarm-name-prefix infra-web-${environment}`,
      );
      const { CodeSha256, MemorySize, Environment } = await aws<{
        CodeSha256: string;
        MemorySize: number;
        Environment: { Variables: Record<string, string> };
      }>(`lambda get-function-configuration --function-name ${functionName}`);
      const { Contents } = await aws<{ Contents: { Key: string; ETag: string }[] }>(
        `s3api list-objects-v2 --bucket ${siteBucket}`,
      );
      return {
        alarms: MetricAlarms.map(({ AlarmName }) => AlarmName),
        function: { CodeSha256, MemorySize, table: Environment.Variables.TABLE },
        pages: Object.fromEntries(Contents.map(({ Key, ETag }) => [Key, ETag])),
      };
    };
    const objects = async (bucket: string) =>
      (await aws<{ Contents?: { Key: string }[] }>(`s3api list-objects-v2 --bucket ${bucket}`)).Contents?.map(
        ({ Key }) => Key,
      );

    repo.git("checkout", "-q", "-b", "develop");
    await run("run", "--env", "dev", "--yes");
    repo.git("checkout", "-q", "main");
    await run("run", "--env", "prod", "--yes");
    const [dev, prod] = [await seen("dev"), await seen("prod")];

    await t.test("the two environments share no state and nothing that has a name", async () => {
      assert.deepEqual(await objects("infra-web-state-dev"), ["infra-web/dev.tfstate"]);
      assert.deepEqual(await objects("infra-web-state-prod"), ["infra-web/prod.tfstate"]);
      const [ofDev, ofProd] = [await outputs("dev"), await outputs("prod")];
      for (const [name, value] of Object.entries(ofDev)) assert.notEqual(value, ofProd[name], name);
      assert.deepEqual([dev.function.table, prod.function.table], ["infra-web-dev", "infra-web-prod"]);
      assert.deepEqual(Object.keys(dev.pages), Object.keys(prod.pages));
      assert.notEqual(dev.pages["index.html"], prod.pages["index.html"], "each page says where its own API is");
    });

    await t.test("what somebody changes by hand is found by the actions that left it", async () => {
      interface Look {
        job: string;
        found: string;
        said: string[];
      }
      const look = async () => {
        const { looks } = await repo.json<{ looks: Look[] }>("drift", "prod");
        return Object.fromEntries(looks.map(({ job, found, said }) => [job, { found, said: said.join("\n") }]));
      };
      // Of distributions the emulator tells more than it was told, so that Terraform would always change them.
      const untouched = await look();
      assert.equal(untouched["web.deploy@prod"]!.found, "same", untouched["web.deploy@prod"]!.said);
      assert.doesNotMatch(untouched["infra.apply@prod"]!.said, /aws_lambda_function/);
      const { siteBucket, functionName } = await outputs("prod");
      await aws(`s3api put-object --bucket ${siteBucket} --key by-hand.html`);
      await aws(`lambda update-function-configuration --function-name ${functionName} --memory-size 2048`);
      const touched = await look();
      assert.equal(touched["infra.apply@prod"]!.found, "differs");
      assert.match(touched["infra.apply@prod"]!.said, /memory_size += 2048 -> 128/);
      assert.deepEqual(touched["web.deploy@prod"], { found: "differs", said: "Only in the bucket: by-hand.html" });
      await aws(`s3api delete-object --bucket ${siteBucket} --key by-hand.html`);
      await aws(`lambda update-function-configuration --function-name ${functionName} --memory-size 128`);
      assert.equal((await look())["web.deploy@prod"]!.found, "same");
    });

    const api = repo.read("infra/terraform/api.tf").replace('"nodejs22.x"', '"nodejs22.x"\n  memory_size   = 512');
    repo.write({
      "infra/terraform/api.tf": api + refusedHalfWay,
      "web/src/index.html": repo.read("web/src/index.html").replace("</title>", ", better</title>"),
    });
    repo.commit("alarms, and a better page");
    const bad = await repo.baton("run", "--env", "prod", "--yes");
    assert.equal(bad.code, 1, bad.stderr);
    assert.match(bad.stderr, /infra\.apply@prod failed/);
    assert.match(bad.stdout + bad.stderr, /NoSuchBucket/);
    const half = await seen("prod");
    assert.deepEqual(half.alarms, ["infra-web-prod-errors"], "the first half is there");
    assert.equal(half.function.MemorySize, 512);
    assert.deepEqual(half.pages, prod.pages, "and nothing of what comes after it");
    const said = await repo.baton("status");
    assert.match(said.stdout, /infra {2}release 2 .* and part of run r0003, which did not pass\n/);
    assert.match(said.stderr, /next: baton rollback prod/);

    const shown = await run("rollback", "prod", "--dry-run");
    assert.match(shown.stdout, /something newer than release 2 began to be deployed to prod and has not passed there/);
    assert.deepEqual(await seen("prod"), half, "looking changes nothing");
    await run("rollback", "prod", "--yes");
    assert.deepEqual(await seen("prod"), prod);
    assert.deepEqual(await seen("dev"), dev, "dev was never touched");
    assert.doesNotMatch((await repo.baton("status")).stdout, /part of/);
  },
);
