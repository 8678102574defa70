/** A function that is called through an alias, released over and over on emulated AWS by the real AWS CLI. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { lambda, variable } from "../../src/index.ts";
import { type Emulator, startEmulator } from "../aws/emulator.ts";
import { emulator, fullDepth } from "../lane/needs.ts";

interface Alias {
  FunctionVersion: string;
  RoutingConfig?: { AdditionalVersionWeights?: Record<string, number> };
}

const trust = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

describe("lambda.blueGreen", { concurrency: 2, ...fullDepth(...emulator, "zip", "jq") }, () => {
  let emulator: Emulator;
  const scratch = mkdtempSync(join(tmpdir(), "baton-blue-green-"));
  const aws = <T = object>(words: string, ...more: string[]) => emulator.aws<T>(...words.split(" "), ...more);

  before(async () => {
    emulator = await startEmulator();
    await aws("iam create-role --role-name any --assume-role-policy-document", JSON.stringify(trust));
  });
  after(async () => {
    await emulator[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** A function, an alarm, and a folder to work in, all of this name. */
  async function make(name: string) {
    const folder = join(scratch, name);
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });

    const shell = (script: string) =>
      new Promise<{ status: number | string | null; stdout: string; stderr: string }>((resolve) => {
        const PATH = `${bin}${delimiter}${emulator.env.PATH}`;
        const env = { ...emulator.env, BATON_VALUE_FUNCTION: name, PATH };
        const args = ["-eo", "pipefail", "-c", script];
        const child = execFile("bash", args, { cwd: folder, env }, (_error, stdout, stderr) =>
          resolve({ status: child.exitCode ?? child.signalCode, stdout, stderr }),
        );
      });

    const zip = async (code: string) => {
      const file = `${code}.zip`;
      const { status, stderr } = await shell(
        `printf %s ${code} > index.mjs && touch -d 1980-01-01 index.mjs && zip -qX - index.mjs > ${file}`,
      );
      assert.equal(status, 0, `zip is missing: install the Debian package zip\n${stderr}`);
      return file;
    };

    const role = "arn:aws:iam::123456789012:role/any";
    await aws(
      `lambda create-function --function-name ${name} --runtime nodejs22.x --handler index.handler --role ${role} --zip-file`,
      `fileb://${join(folder, await zip("first"))}`,
    );
    await aws(
      `cloudwatch put-metric-alarm --alarm-name ${name} --namespace AWS/Lambda --metric-name Errors --statistic Sum ` +
        "--period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold",
    );

    return {
      folder,
      zip,
      release: async (code: string, more: Partial<Parameters<typeof lambda.blueGreen>[0]> = {}) =>
        shell(
          lambda.blueGreen({
            function: variable("function"),
            alias: "live",
            package: await zip(code),
            alarms: [name],
            watchMinutes: 0,
            ...more,
          }).run,
        ),
      alarmIs: (state: string) => shell(alarm(name, state)),
      /** What happens while a share is watched: the script takes the place of waiting. */
      meanwhile(script: string): void {
        writeFileSync(join(bin, "sleep"), `#!/bin/bash\n${script}\n`);
        chmodSync(join(bin, "sleep"), 0o755);
      },
      async alias(): Promise<[string, Record<string, number>]> {
        const found = await aws<Alias>(`lambda get-alias --name live --function-name ${name}`);
        return [found.FunctionVersion, found.RoutingConfig?.AdditionalVersionWeights ?? {}];
      },
      async versions(): Promise<string[]> {
        const found = await aws<{ Versions: { Version: string }[] }>(
          `lambda list-versions-by-function --function-name ${name}`,
        );
        return found.Versions.map(({ Version }) => Version).slice(1);
      },
    };
  }

  const alarm = (name: string, state: string) =>
    `aws cloudwatch set-alarm-state --alarm-name ${name} --state-reason test --state-value ${state}`;

  test("the first release makes the alias; the next gets its shares, checked before and after, then all", async () => {
    const it = await make("plain");
    const first = await it.release("one");
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(await it.alias(), ["1", {}]);
    const routes = "[FunctionVersion,RoutingConfig.AdditionalVersionWeights||`{}`]";
    const check = `echo "$FUNCTION:$VERSION" >> seen
      aws lambda get-alias --function-name "$FUNCTION" --name live --query '${routes}' --output json | tr -d ' \\n' >> seen`;
    const second = await it.release("two", { shares: [5, 50], check });
    assert.equal(second.status, 0, second.stderr);
    assert.deepEqual(await it.alias(), ["2", {}]);
    const seen = ["{}", '{"2":0.05}', '{"2":0.5}'].map((weights) => `plain:2\n["1",${weights}]`);
    assert.equal(readFileSync(join(it.folder, "seen"), "utf8"), seen.join(""));
    const again = await it.release("two");
    assert.match(again.stdout, /^Version 2 of plain is what this release wants, and it answers all calls already\.$/m);
    assert.deepEqual(await it.versions(), ["1", "2"]);
  });

  test("an alarm that rings gives the calls back; nothing new goes where it rings, and the way back does", async () => {
    const it = await make("alarmed");
    await it.release("one");
    it.meanwhile(alarm("alarmed", "ALARM"));
    const failed = await it.release("bad", { watchMinutes: 1 });
    assert.equal(failed.status, 1);
    assert.match(
      failed.stdout,
      /^Version 2 of alarmed answers 10 % of the calls for 1 minutes, version 1 the others\.$/m,
    );
    assert.match(failed.stderr, /^The alarm alarmed rings since version 2 answers calls\.$/m);
    assert.match(failed.stderr, /^Version 2 was taken back: version 1 of alarmed answers all calls again\.$/m);
    assert.deepEqual(await it.alias(), ["1", {}]);

    const impatient = await it.release("bad");
    assert.equal(impatient.status, 1);
    assert.match(impatient.stderr, /alarmed rings already, so it cannot tell whether version 2 is any good/);
    assert.deepEqual(await it.alias(), ["1", {}]);
    const unchanged = await it.release("one");
    assert.equal(unchanged.status, 0, "what is there already is no risk, and a rollback must not fail over it");

    await it.alarmIs("OK");
    assert.equal((await it.release("bad")).status, 0);
    assert.deepEqual(await it.alias(), ["2", {}]);
    await it.alarmIs("ALARM");
    const back = await it.release("one");
    assert.equal(back.status, 0, back.stderr);
    assert.match(back.stdout, /^Version 1 was there before version 2: the calls go back to it at once\.$/m);
    assert.deepEqual(await it.alias(), ["1", {}]);
    assert.deepEqual(await it.versions(), ["1", "2"], "nothing is published twice");
  });

  test("a check that fails, before its first call or after, leaves the old version; so does whoever cancels", async () => {
    const it = await make("checked");
    await it.release("one");
    const never = await it.release("two", { check: "false; true" });
    assert.equal(never.status, 1);
    assert.match(never.stderr, /^The check of version 2 failed\. No call has reached it\.$/m);
    const later = await it.release("two", { check: "[ ! -e tried ] && touch tried" });
    assert.equal(later.status, 1);
    assert.match(later.stderr, /^The check of version 2 failed while it answered 10 % of the calls\.$/m);
    assert.match(later.stderr, /^Version 2 was taken back/m);
    assert.deepEqual(await it.alias(), ["1", {}]);
    it.meanwhile("kill -TERM $PPID");
    const cancelled = await it.release("two", { watchMinutes: 1 });
    assert.equal(cancelled.status, 143);
    assert.match(cancelled.stderr, /^Version 2 was taken back/m);
    assert.deepEqual(await it.alias(), ["1", {}]);
  });

  test("what was lost in the middle is put back and tried again, without another version", async () => {
    const it = await make("lost");
    await it.release("one");
    it.meanwhile("kill -KILL $PPID");
    assert.equal((await it.release("two", { watchMinutes: 1 })).status, "SIGKILL");
    assert.deepEqual(await it.alias(), ["1", { "2": 0.1 }]);
    const check = 'aws lambda get-alias --function-name "$FUNCTION" --name live --output json';
    const { status, stdout, stderr } = await it.release("two", { check });
    assert.equal(status, 0, stderr);
    const put =
      "Version 2 answered a part of the calls: an earlier attempt ended in the middle. Version 1 answers all again.\n";
    assert.ok(stdout.includes(put), stdout);
    assert.deepEqual(
      (JSON.parse(/^\{$[\s\S]*?^\}$/m.exec(stdout)![0]) as Alias).RoutingConfig?.AdditionalVersionWeights ?? {},
      {},
      "it is checked again before its first call",
    );
    assert.deepEqual(await it.alias(), ["2", {}]);
    assert.deepEqual(await it.versions(), ["1", "2"]);
  });

  test("a version is its code, its settings and what is in its layers, whatever number these have", async () => {
    const it = await make("layered");
    const layer = async (content: string) => {
      const file = `fileb://${join(it.folder, await it.zip(content))}`;
      const made = await aws<{ LayerVersionArn: string }>(
        "lambda publish-layer-version --layer-name shared --zip-file",
        file,
      );
      return made.LayerVersionArn;
    };
    const configure = (...args: string[]) =>
      aws("lambda update-function-configuration --function-name layered", ...args);
    await configure("--layers", await layer("a"));
    assert.equal((await it.release("one")).status, 0);
    await configure("--layers", await layer("a"));
    assert.match((await it.release("one")).stdout, /Version 1 of layered is what this release wants/);
    await configure("--layers", await layer("b"));
    assert.match((await it.release("one")).stdout, /^Version 2 of layered answers all calls\.$/m);
    await configure("--environment", "Variables={State=full}");
    assert.match((await it.release("one")).stdout, /^Version 3 of layered answers all calls\.$/m);
    await configure("--environment", "Variables={State=empty}");
    assert.match((await it.release("one")).stdout, /^Version 4 of layered answers all calls\.$/m);
  });

  test("an alarm that does not exist, and what is no number of minutes, stop it before anything is shifted", async () => {
    const it = await make("strict");
    await it.release("one");
    const blind = await it.release("two", { alarms: ["strict", "eror rate"] });
    assert.equal(blind.status, 1);
    assert.match(blind.stderr, /^Of the 2 alarms to watch there are only: strict$/m);
    const endless = await it.release("two", { watchMinutes: "a[$(touch owned)]" });
    assert.equal(endless.status, 2);
    assert.match(endless.stderr, /and a number of minutes is needed/);
    assert.deepEqual(await it.alias(), ["1", {}]);
    const falling = { function: "f", alias: "live", package: "f.zip", shares: [50, 10] };
    assert.throws(() => lambda.blueGreen(falling), /the shares are 50, 10/);
  });
});
