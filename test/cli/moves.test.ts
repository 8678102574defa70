import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { MoveView } from "../../src/control/views/move.ts";
import type { ReleasesView } from "../../src/control/views/releases.ts";
import type { StatusView } from "../../src/control/views/status.ts";
import { fullDepth } from "../lane/needs.ts";
import { type Sandbox, sandbox, until } from "./sandbox.ts";

/** What is in an environment lies in a file there: who deployed which bytes, for everybody to read. */
const files = {
  ".gitignore": "there/\n",
  "baton.yaml": `name: shop
variables: { there: /nowhere }
environments: { dev: { branch: main }, prod: { after: dev } }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { size: string }
    jobs:
      apply:
        deploys: true
        env: { THERE: { variable: there } }
        steps:
          - 'mkdir -p "$THERE"; cat infra/size > "$THERE/infra.$BATON_ENVIRONMENT"; echo "size=$(cat infra/size)" >> "$BATON_OUTPUT"'
  web:
    needs: [infra]
    paths: ["web/**"]
    jobs:
      build: { per: release, steps: ['{ cat web/page; date +%s%N; } > bytes'], artifacts: { bytes: bytes } }
      deploy:
        needs: [build]
        deploys: true
        uses: [bytes]
        env: { THERE: { variable: there } }
        steps:
          - 'cp bytes "$THERE/web.$BATON_ENVIRONMENT"; test ! -e "$THERE/hold" || { echo > "$THERE/held"; while test -e "$THERE/hold"; do sleep 0.05; done; }; test ! -e "$THERE/broken"'
`,
  "infra/size": "small\n",
  "web/page": "one\n",
};

interface Shop {
  box: Sandbox;
  /** What is really in an environment. */
  there(name: string): string;
  knob(name: "hold" | "broken", is: "on" | "off"): void;
  release(page: string, size?: string): Promise<void>;
}

function shop(t: Parameters<typeof sandbox>[0]): Shop {
  const box = sandbox(t, { files, commit: false });
  const folder = join(box.root, "there");
  box.write({ "baton.yaml": files["baton.yaml"].replace("/nowhere", folder) });
  box.commit("one");
  return {
    box,
    there: (name) => readFileSync(join(folder, name), "utf8"),
    knob(name, is) {
      if (is === "on") writeFileSync(join(folder, name), "");
      else rmSync(join(folder, name), { force: true });
    },
    async release(page, size) {
      box.write({ "web/page": `${page}\n`, ...(size && { "infra/size": `${size}\n` }) });
      box.commit(page);
      const { code, stderr } = await box.baton("run", "--env", "dev");
      assert.equal(code, 0, stderr);
    },
  };
}

const refusedAs = async (box: Sandbox, args: string[], words: RegExp, code = 1) => {
  const answer = await box.baton(...args);
  assert.equal(answer.code, code, `${args.join(" ")}\n${answer.stderr}`);
  assert.match(answer.stderr, words);
};

test(
  "from a push to production and back: the same bytes, the whole set, and what was taken back stays away",
  fullDepth(),
  async (t) => {
    const { box, there, release } = shop(t);
    await box.baton("run", "--env", "dev");
    // What is checked out, and what lies there uncommitted, is nothing to a release.
    box.write({ "web/page": "not committed\n", "infra/size": "broken" });
    await refusedAs(box, ["promote", "--to", "prod"], /nobody is asked before prod changes/, 2);
    const first = await box.baton("promote", "--to", "prod", "--yes");
    assert.equal(first.code, 0, first.stderr);
    assert.equal(there("web.prod"), there("web.dev"));
    assert.equal(there("infra.prod"), "small\n");
    const one = there("web.prod");

    await release("two", "large");
    const planned = await box.json<MoveView>("promote", "--to", "prod", "--dry-run");
    assert.deepEqual(
      [planned.release, planned.here, planned.pipelines.map(({ pipeline, goes }) => [pipeline, goes])],
      [
        3,
        { release: 1 },
        [
          ["infra", true],
          ["web", true],
        ],
      ],
    );
    assert.equal((await box.baton("promote", "3", "--to", "prod", "--yes", "--comment", "go")).code, 0);
    assert.equal(there("web.prod"), there("web.dev"));
    await refusedAs(
      box,
      ["promote", "1", "--to", "prod", "--yes"],
      /which is newer than release 1\n.*baton rollback prod --to 1/,
    );
    await refusedAs(box, ["promote", "3", "--to", "prod", "--yes"], /prod has release 3 already/);

    const back = await box.baton("rollback", "prod", "--yes");
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual([there("web.prod"), there("infra.prod")], [one, "small\n"], "the very bytes and values of then");
    await refusedAs(box, ["promote", "--to", "prod", "--yes"], /release 3, which is newer, was taken back from there/);
    const again = await box.baton("promote", "3", "--to", "prod", "--dry-run");
    assert.match(again.stdout, /beware: release 3 was taken back from prod by run r0005\n/);
    const { deployed, runs } = (await box.json<StatusView>("status")) as StatusView;
    assert.deepEqual([deployed.prod!.web!.origin, deployed.prod!.infra!.origin], [1, 1]);
    assert.deepEqual(runs[0]!.moves, { kind: "rollback", release: 1 });
    assert.equal((await box.baton("promote", "3", "--to", "prod", "--yes")).code, 0, "by its name it may come again");
  },
);

test("a rule of today reaches a release of before it, and says so", fullDepth(), async (t) => {
  const { box } = shop(t);
  await box.baton("run", "--env", "dev");
  box.write({
    "baton.yaml": box.read("baton.yaml").replace("after: dev", "after: dev, approval: { reviewers: [ann] }"),
  });
  const asked = await box.baton("promote", "--to", "prod");
  assert.match(asked.stderr, /who approves, and what follows a failure, as the definition says now/);
  assert.match(asked.stdout, /prod waits for approval by ann/);
  const second = await box.baton("promote", "--to", "prod");
  assert.match(second.stderr, /run r0002 has not ended and is left as it is: baton status/);
  for (const run of ["r0002", "r0003"]) await box.baton("cancel", run);
  box.write({ "baton.yaml": "name: [" });
  const unread = await box.baton("promote", "--to", "prod", "--dry-run");
  assert.match(unread.stdout, /beware: the definition of now says nothing of prod/);
});

test(
  "half a promotion: nothing is lost, everybody is told what is where, and going back restores all of it",
  fullDepth(),
  async (t) => {
    const { box, there, knob, release } = shop(t);
    await box.baton("run", "--env", "dev");
    await box.baton("promote", "--to", "prod", "--yes");
    const one = there("web.prod");
    await release("two", "large");
    knob("broken", "on");
    const failed = await box.baton("promote", "--to", "prod", "--yes");
    assert.equal(failed.code, 1);
    assert.match(
      failed.stderr,
      /what prod has now:\n +infra +has release 3\n +web +may be half-way: web\.deploy@prod failed/,
    );
    const { releases } = await box.json<ReleasesView>("release");
    assert.deepEqual(releases[0]!.environments, [
      { environment: "dev", state: "here" },
      { environment: "prod", state: "failed" },
    ]);
    assert.notEqual(there("web.prod"), one);

    // The files of web in the record are those of release 1 still; what is there is not.
    const dry = await box.json<MoveView>("rollback", "prod", "--dry-run");
    assert.deepEqual([dry.release, dry.takesBack, dry.here], [1, [3], { release: 3, isPart: true }]);
    const stuck = await box.baton("rollback", "prod", "--yes");
    assert.equal(stuck.code, 1, "it is broken still");
    assert.match(stuck.stderr, /infra +has release 1\n +web +may be half-way/);
    knob("broken", "off");
    const again = await box.baton("retry");
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual([there("web.prod"), there("infra.prod")], [one, "small\n"]);
  },
);

test("two at once, a damaged file, one pipeline alone, and releases that are not to be had", fullDepth(), async (t) => {
  const { box, there, knob, release } = shop(t);
  await box.baton("run", "--env", "dev");
  await box.baton("promote", "--to", "prod", "--yes");
  await release("two", "large");
  knob("hold", "on");
  const first = box.start("promote", "--to", "prod", "--yes");
  const ended = new Promise((resolve) => first.once("exit", resolve));
  await until("the first one deploys", () => existsSync(join(box.root, "there", "held")));
  await refusedAs(
    box,
    ["promote", "--to", "prod", "--yes"],
    /run r0004 is at prod, and what this would bring depends on how that ends/,
  );
  await refusedAs(box, ["rollback", "prod", "--yes"], /baton cancel r0004 ends it/);
  knob("hold", "off");
  assert.equal(await ended, 0);

  await release("three", "huge");
  await refusedAs(
    box,
    ["promote", "--to", "prod", "--pipeline", "web", "--yes"],
    /web of release 5 was proven with another infra than the one in prod\n.*--pipeline web --pipeline infra/,
  );
  const alone = await box.baton("rollback", "prod", "--to", "1", "--pipeline", "web", "--yes");
  assert.equal(alone.code, 0, alone.stderr);
  assert.match(alone.stderr, /beware: web of release 1 was not proven with the infra that is in prod/);
  assert.equal(there("infra.prod"), "large\n");
  const whole = await box.json<MoveView>("rollback", "prod", "--dry-run");
  assert.equal(whole.release, 1, "release 3 was taken back in part");

  const before = [there("web.prod"), there("infra.prod")];
  for (const kind of ["packs", "files"])
    for (const path of everyFile(join(box.root, ".baton", "artifacts", kind))) writeFileSync(path, "damaged");
  await refusedAs(
    box,
    ["promote", "--to", "prod", "--yes"],
    /release 5 cannot be brought there as it was proven: web\.bytes/,
  );
  assert.deepEqual([there("web.prod"), there("infra.prod")], before, "nothing was begun");

  box.write({ "web/page": "four\n" });
  box.commit("four");
  knob("broken", "on");
  await box.baton("run", "--env", "dev");
  knob("broken", "off");
  const { releases } = await box.json<ReleasesView>("release");
  const newest = String(releases[0]!.release);
  await refusedAs(box, ["promote", newest, "--to", "prod", "--yes"], /has not passed dev, which prod comes after/);
  await refusedAs(box, ["rollback", "prod", "--to", newest, "--yes"], /was never in prod as a whole; there were/);
  await refusedAs(box, ["promote", "--to", "dev", "--yes"], /nothing comes before dev/);
  await refusedAs(box, ["promote", "--to", "pord", "--yes"], /did you mean prod\?/, 2);
  await refusedAs(box, ["promote", "99", "--to", "prod", "--yes"], /there is no release "99"/, 2);
  await refusedAs(box, ["rollback", "prod", "--pipeline", "wbe"], /did you mean web\?/, 2);
});

function everyFile(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}

test("a release that ends half-way is told where it is, until something has passed there", async (t) => {
  const { box, knob } = shop(t);
  assert.equal((await box.baton("run", "--env", "dev", "--yes")).code, 0);
  const halves = async () => (await box.json<StatusView>("status")).halfDeployed;
  assert.equal(await halves(), undefined);

  box.write({ "web/page": "two\n" });
  box.commit("two");
  knob("broken", "on");
  const failed = await box.baton("run", "--env", "dev", "--yes");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /next: baton rollback dev {2}puts back what passed in dev last\n/);
  assert.deepEqual(await halves(), [{ environment: "dev", pipeline: "web", release: 2, passed: 1, run: "r0002" }]);
  const status = await box.baton("status");
  assert.match(
    status.stdout,
    /infra {2}release 1 .*now\n {2}web {4}release 1 .* and part of run r0002, which did not pass\n/,
  );
  assert.match(status.stderr, /next: baton rollback dev/);

  const first = await box.baton("run", "--to", "prod", "--yes");
  assert.equal(first.code, 1);
  assert.doesNotMatch(first.stderr, /rollback prod/, "nothing passed there that could be gone back to");
  knob("broken", "off");
  assert.equal((await box.baton("rollback", "dev", "--yes")).code, 0);
  assert.equal(await halves(), undefined);
});

test(
  "nobody is asked twice for one promotion, and a newer release may be asked for beside it",
  fullDepth(),
  async (t) => {
    const { box, release } = shop(t);
    const asks = box.read("baton.yaml").replace("after: dev }", "after: dev, approval: { reviewers: [kim] } }");
    box.write({ "baton.yaml": asks });
    await release("one");
    assert.equal((await box.baton("promote", "--to", "prod")).code, 0);
    await refusedAs(
      box,
      ["promote", "--to", "prod"],
      /run r0002 waits to bring release 1 to prod already.*\n {2}next: baton approve r0002 prod/,
    );
    assert.equal((await box.baton("promote", "--to", "prod", "--dry-run")).code, 0, "who only looks may");
    await release("two");
    assert.equal((await box.baton("promote", "--to", "prod")).code, 0, "that is another release");
    await refusedAs(box, ["approve", "prod"], /several things wait for an answer: r0002 prod, r0004 prod/, 2);
    assert.equal((await box.baton("cancel", "r0002")).code, 0);
    assert.equal((await box.baton("promote", "1", "--to", "prod")).code, 0, "nobody waits with this one any more");
    assert.equal((await box.baton("cancel", "r0004")).code, 0);
    assert.equal((await box.baton("cancel", "r0005")).code, 0);
    await refusedAs(box, ["approve", "prod"], /there is no run "prod"/, 2);
    assert.equal((await box.baton("promote", "--to", "prod")).code, 0);
    const approved = await box.baton("approve", "prod");
    assert.match(approved.stdout, /promotion of release \d passed/, approved.stderr);
  },
);
