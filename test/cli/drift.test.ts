/** What somebody changed by hand is found, shown, kept and told; by the real command, at the commit that is deployed. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { DriftView } from "../../src/control/views/drift.ts";
import { fullDepth } from "../lane/needs.ts";
import { sandbox } from "./sandbox.ts";

const drift = `test -d "$WORLD" || exit 3; there="$(cat "$WORLD/$BATON_ENVIRONMENT")"
[ "$there" = "$(cat size)" ] || { printf '< %s\\n> %s\\n' "$(cat size)" "$there"; exit 2; }`;

test("drift is found, shown and told once; what nobody can tell is no answer", fullDepth(), async (t) => {
  const world = mkdtempSync(join(tmpdir(), "baton-drift-"));
  t.after(() => rmSync(world, { recursive: true, force: true }));
  const box = sandbox(t, {
    files: {
      "baton.yaml": `name: shop
environments: { dev: { branch: main }, prod: { after: dev }, moon: {} }
pipelines:
  infra:
    paths: [size]
    jobs:
      apply: { deploys: true, drift: ${JSON.stringify(drift)}, env: { WORLD: { secret: WORLD } }, steps: ['cp size "$WORLD/$BATON_ENVIRONMENT"'] }
  web: { jobs: { go: { deploys: true, steps: [echo gone] } } }
notices: { team: { slack: { secret: SLACK_URL }, on: drift } }
`,
      size: "small\n",
    },
  });
  box.env.WORLD = world;
  const found = async (...args: string[]) => {
    const { looks } = await box.json<DriftView>("drift", ...args);
    return looks.map((look) => `${look.job} ${look.found}`);
  };
  assert.equal((await box.baton("run", "--to", "prod")).code, 0);
  // What is checked out is not what is deployed.
  box.write({ size: "large\n" });
  const same = await box.baton("drift");
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /infra\.apply@dev is as release 1 left it\n.*infra\.apply@prod is as release 1 left it\n$/);

  writeFileSync(join(world, "prod"), "huge\n");
  const differs = await box.baton("drift", "prod");
  assert.equal(differs.code, 1);
  assert.match(differs.stdout, /infra\.apply@prod is not as release 1 left it[\s\S]*< small[\s\S]*> huge/);
  assert.deepEqual(await found(), ["infra.apply@dev same", "infra.apply@prod differs"]);
  rmSync(world, { recursive: true });
  const unknown = await box.baton("drift", "prod");
  assert.equal(unknown.code, 1);
  assert.match(unknown.stdout, /infra\.apply@prod: nobody can tell whether/);
  mkdirSync(world);
  writeFileSync(join(world, "prod"), "small\n");
  assert.deepEqual(await found("prod"), ["infra.apply@prod same"]);

  const told = (await box.baton("notices")).stdout.split("\n").filter((line) => line.includes("left it"));
  assert.deepEqual(
    told.map((line) => line.replace(/^.*\d\d:\d\d +/, "")),
    [
      "prod is not as infra.apply@prod of release 1 left it any more",
      "prod is again as infra.apply@prod of release 1 left it",
    ],
  );
  assert.match((await box.baton("drift", "prd")).stderr, /no environment "prd"; did you mean prod\?/);
  const nothing = await box.baton("drift", "moon");
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /nothing was deployed to moon.*\n.*next: baton run --to moon/);
  writeFileSync(join(world, "prod"), "huge\n");
  const [, advice = ""] = /next: baton (.*?) {2}deploys it again/.exec((await box.baton("drift", "prod")).stderr) ?? [];
  assert.equal(advice, "run --env prod --pipeline infra --force");
  box.write({ size: "small\n" });
  assert.equal((await box.baton(...advice.split(" "))).code, 0);
  assert.equal((await box.baton("drift", "prod")).code, 0, "what it advises puts it right");
  assert.equal((await box.baton("audit", "verify")).code, 0);
});
