import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { AuditView } from "../../src/control/views/audit.ts";
import { fullDepth } from "../lane/needs.ts";
import { oneJob, storefrontFiles } from "./deliveries.ts";
import { sandbox, until } from "./sandbox.ts";

interface Summary {
  conclusion: string;
  run: string;
  jobs: { id: string; status: string; attempts: number; failure?: { message: string } }[];
  environments: Record<string, Record<string, { release: number; outputs: Record<string, string> }>>;
  waiting: { environment: string; reviewers: string[] }[];
}

const statuses = ({ jobs }: Summary) => Object.fromEntries(jobs.map(({ id, status }) => [id, status]));

test("a run goes through the environments, and a second one with nothing changed does nothing", async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const first = await box.baton("run", "--to", "test");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /release 1 passed: 7 jobs, 7 passed/);
  assert.match(first.stdout, /infra\.site +bucket-dev/);
  assert.match(first.stdout, /infra\.site +bucket-test/);
  assert.match(first.stderr, /next: baton status/);
  const second = await box.baton("run", "--to", "test");
  assert.equal(second.code, 0);
  assert.match(second.stderr, /nothing to do: 0 jobs to run, 7 reused/);
  assert.equal(box.git("status", "--porcelain"), "", "git does not see the state");
  const left = readdirSync(join(box.root, ".baton", "checkouts"));
  assert.deepEqual(left, ["r0001.json"], "the checkout of a run that passed is gone, and what it was of is known");
});

test("with only web changed, infra is reused and says so, and its outputs still reach web", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  await box.baton("run");
  box.write({ "web/page": "new" });
  const commit = box.commit("web");
  const plan = await box.baton("plan");
  assert.match(plan.stdout, /reuse infra +unchanged since release 1: outputs reused/);
  assert.match(plan.stdout, /run +web +1 file changed under web\/\*\*/);
  assert.match(plan.stderr, /next: baton run/);
  const summary = await box.json<Summary>("run");
  assert.deepEqual(statuses(summary), {
    "web.test": "succeeded",
    "web.build@dev": "succeeded",
    "web.deploy@dev": "succeeded",
  });
  const dev = summary.environments.dev!;
  assert.deepEqual([dev.infra!.release, dev.web!.release], [1, 2]);
  assert.match((await box.baton("logs", "web.deploy@dev")).stdout, /bucket-dev/);
  assert.match((await box.baton("status")).stdout, new RegExp(`web +release 2 +${commit.slice(0, 7)}`));
});

test("a definition that changed is deployed, although no file of the pipeline did", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  await box.baton("run");
  box.write({ "baton.config.ts": storefrontFiles["baton.config.ts"]!.replace("cat out/index", "cat ./out/index") });
  box.commit("another command");
  const { stdout } = await box.baton("plan");
  assert.match(stdout, /reuse infra +unchanged since release 1: outputs reused/);
  assert.match(stdout, /run +web +its definition changed since release 1: job deploy, step 1 \(build, deploy\)/);
});

test("a failing step shows its last lines at once, where the log is, and how to go on", async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  box.write({ "web/test.sh": "for i in $(seq 1 40); do echo line $i; done\necho expected 3, got 4 >&2\nexit 7\n" });
  box.commit("broken");
  const { code, stdout, stderr } = await box.baton("run");
  assert.equal(code, 1);
  assert.match(stderr, /web\.test failed after [^:]*: step '.*' ended with exit code 7/);
  assert.match(stderr, /│ line 40\n {2}│ expected 3, got 4\n {2}log: \.baton\/logs\/r0001\/web\.test\.1\.log/);
  assert.doesNotMatch(stderr, /│ line 20\n/);
  assert.match(stderr, /web\.build@dev skipped \(.*web\.test/);
  assert.match(stderr, /next: baton retry r0001/);
  assert.match(stdout, /release 1 failed: 4 jobs, 1 passed, 1 failed, 2 skipped/);
  assert.match((await box.baton("outputs")).stdout, /site = bucket-dev/, "infra passed and counts as deployed");
});

test("retry runs what failed and what it held back, and nothing that passed", async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const flag = join(box.root, ".git", "flag");
  box.write({ "web/test.sh": `test -e '${flag}' || { touch '${flag}'; exit 1; }\n` });
  box.commit("fails once");
  const first = await box.json<Summary>("run");
  assert.equal(first.conclusion, "failed");
  const again = await box.json<Summary>("retry");
  assert.equal(again.conclusion, "succeeded");
  assert.deepEqual(again.jobs.map(({ id, attempts }) => [id, attempts]).sort(), [
    ["infra.apply@dev", 1],
    ["web.build@dev", 1],
    ["web.deploy@dev", 1],
    ["web.test", 2],
  ]);
  const nothing = await box.baton("retry");
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /every job of run r0001 passed: there is nothing to retry/);
});

test("without a terminal a run pauses at an approval, and approve goes on with it", async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const paused = await box.baton("run", "--to", "prod");
  assert.equal(paused.code, 0);
  assert.match(paused.stdout, /release 1 waits: 10 jobs, 7 passed, 3 open/);
  assert.match(paused.stderr, /prod waits for approval by release-managers/);
  assert.match(paused.stderr, /next: baton approve r0001 prod/);
  const status = await box.baton("status");
  assert.match(status.stdout, /prod +waits for approval by release-managers/);
  const wrong = await box.baton("approve", "1", "pord");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /does not go to "pord"; did you mean prod\?/);
  const approved = await box.json<Summary>("approve", "1", "prod", "--comment", "go");
  assert.equal(approved.conclusion, "succeeded");
  assert.equal(approved.environments.prod!.infra!.outputs.site, "bucket-prod");
  const late = await box.baton("reject", "1", "prod");
  assert.equal(late.code, 1);
  assert.match(late.stderr, /does not wait for an approval of prod/);
});

test("several must approve, and not whoever asked for the run, whatever --yes says", fullDepth(), async (t) => {
  const box = sandbox(t, {
    files: {
      "baton.yaml": `name: shop
environments: { prod: { branch: main, approval: { count: 2, selfApproval: false } } }
pipelines: { web: { jobs: { go: { deploys: true, steps: [echo gone] } } } }
notices: { team: { slack: { secret: SLACK_URL }, on: approval } }
`,
    },
  });
  const as = (name: string) => {
    box.env.GITHUB_ACTOR = name;
    return box;
  };
  const plan = await as("ada").baton("plan");
  assert.match(plan.stdout, /prod asks for approval by 2 people, not by who asks for the run/);
  const paused = await box.baton("run", "--yes");
  assert.match(paused.stderr, /ada asked for run r0001, and prod wants the approval of somebody else/);
  assert.match(paused.stdout, /prod waits for approval by 2 people, not ada/);
  const somebodyElse = /next: somebody else: baton approve r0001 prod/;
  assert.match(paused.stderr, somebodyElse);
  const own = await box.baton("approve");
  assert.match(own.stderr, /ada asked for run r0001/);
  assert.match(own.stderr, somebodyElse);
  assert.match((await box.baton("status")).stderr, somebodyElse);
  assert.match((await as("bob").baton("status")).stderr, /next: baton approve r0001 prod/);
  const first = await box.baton("approve", "--yes", "--comment", "seen");
  assert.doesNotMatch(first.stderr, /bob has approved prod already, and/);
  assert.match(first.stderr, somebodyElse);
  assert.match((await box.baton("status")).stderr, somebodyElse);
  assert.match(first.stdout, /prod waits for approval by 2 people, not ada \(bob did\)/);
  const again = await box.baton("approve");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /bob has approved prod already, and it takes several people/);
  assert.equal((await as("cid").json<Summary>("approve")).conclusion, "succeeded");
  const audit = await box.baton("audit");
  assert.match(audit.stdout, /cid +approved[^\n]*\n(?:.*\n)*.*bob +approved .*seen/);
  const told = await box.baton("notices");
  assert.match(
    told.stdout,
    /prod waits for approval of release 1 by 2 people\n.*bob approved release 1 for prod, and others must as well\n.*cid approved release 1 for prod/,
  );
});

test(
  "outside of the change windows a run waits and says until when, and a reason goes past that",
  fullDepth(),
  async (t) => {
    const clock = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
    const box = sandbox(t, {
      files: {
        "baton.yaml": `name: shop
environments: { prod: { branch: main, windows: { from: "${clock(3)}", to: "${clock(6)}", zone: UTC } } }
pipelines: { web: { jobs: { go: { deploys: true, steps: [echo gone] } } } }
notices: { team: { slack: { secret: SLACK_URL }, on: freeze } }
`,
      },
    });
    const outside = /prod is outside of its change windows until \d{4}-\d\d-\d\d \d\d:\d\d UTC/;
    assert.match((await box.baton("plan")).stdout, outside);
    const refused = await box.baton("run", "--no-wait");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, outside);
    const waits = await box.baton("run");
    assert.equal(waits.code, 0);
    assert.match(waits.stderr, outside);
    assert.match(waits.stdout, outside);
    const opens = /baton resume r0001 +goes on with it, once the window opens at \d{4}-/;
    assert.match(waits.stderr, opens);
    assert.match(waits.stderr, /baton resume r0001 --override "WHY" +if it cannot wait/);
    const status = await box.baton("status");
    assert.match(status.stdout, /web\.go@prod +waits until .*: a change window of prod opens then/);
    assert.match(status.stderr, opens);
    const urgent = await box.json<Summary>("run", "--override", "it burns");
    assert.equal(urgent.conclusion, "succeeded");
    assert.match((await box.baton("notices")).stdout, /lets release 2 go to prod past freezes and change windows/);
    assert.equal((await box.baton("resume", "--override", " ")).code, 2);
    const resumed = await box.baton("resume", "r0001", "--override", "so does this");
    assert.match(resumed.stderr, /goes on with the run, past freezes and change windows: so does this/);
    assert.match((await box.baton("notices")).stdout, /lets release 1 go to prod past freezes and change windows/);
    const { entries } = await box.json<AuditView>("audit");
    assert.equal(entries.find(({ deed }) => deed === "resumed")?.override, "so does this");
  },
);

test("a rejected release does not reach the environment", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  await box.baton("run", "--to", "prod");
  const { code, stderr, stdout } = await box.baton("reject", "r0001", "prod", "--comment", "not on a Friday");
  assert.equal(code, 1);
  assert.match(stderr, /prod rejected by .*: not on a Friday/);
  assert.match(stdout, /7 passed, 3 skipped/);
  const outputs = await box.json<{ environments: object }>("outputs");
  assert.deepEqual(Object.keys(outputs.environments).sort(), ["dev", "test"]);
});

test("--yes approves", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const { code, stdout } = await box.baton("run", "--to", "prod", "--yes");
  assert.equal(code, 0);
  assert.match(stdout, /10 jobs, 10 passed/);
});

test("jobs run on the planned files: what is uncommitted takes part, what is ignored does not, and edits come too late", async (t) => {
  const box = sandbox(t, {
    files: {
      ...oneJob(
        `{ go: { steps: [sh("ls; cat tracked; echo late > \\"$HERE/tracked\\"; sleep 0.1; cat tracked; git status --porcelain; git log -1 --format=%s")] } }`,
      ),
      ".gitignore": "ignored\n",
      tracked: "one\n",
    },
  });
  box.env.HERE = box.root;
  box.write({ tracked: "two\n", fresh: "untracked\n", ignored: "secret\n" });
  const index = box.git("ls-files", "--stage");
  const run = await box.baton("run");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /on main with 2 uncommitted files/);
  const log = (await box.baton("logs", "app.go")).stdout.split("\n").map((line) => line.slice(9));
  assert.deepEqual(log, [
    "baton.config.ts",
    "fresh",
    "tracked",
    "two",
    "two",
    "Uncommitted files, as Baton ran them",
    "",
  ]);
  assert.equal(box.read("tracked"), "late\n");
  assert.equal(box.git("ls-files", "--stage"), index, "the index is as it was");
  assert.equal(box.git("log", "--format=%s"), "start");
});

test("the same uncommitted files are not run twice, and committing them changes nothing", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  box.write({ "web/draft": "1" });
  await box.baton("run");
  assert.match((await box.baton("run")).stderr, /nothing to do/);
  box.commit("the draft");
  assert.match((await box.baton("run")).stderr, /nothing to do/);
  box.write({ "web/draft": "2" });
  assert.match((await box.baton("plan")).stdout, /1 file changed under web/);
});

test("no two jobs share files: what one leaves or is just writing, no other sees", fullDepth(), async (t) => {
  const leg = 'test ! -e made && echo $SIZE > made && sleep 0.05 && test "$(cat made)" = "$SIZE" && git status --short';
  const files = oneJob(`{
    build: { matrix: { size: ["1", "2", "3", "4"] }, env: { SIZE: matrix("size") }, steps: [sh(${JSON.stringify(leg)})] },
    after: { needs: ["build"], steps: [sh("test ! -e made")] },
  }`);
  const box = sandbox(t, { files });
  const run = await box.baton("run", "--parallel", "4");
  assert.equal(run.code, 0, run.stderr);
  assert.equal((await box.baton("logs", "r0001", "app.build@dev[size=1]")).stdout.includes("?? made"), true);
});

test(
  "a run goes on although its commit was amended, its branch deleted and the repository's garbage collected",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, {
      files: oneJob(`{
      first: { steps: [sh("touch ../../../../began; until [ -e ../../../../go ]; do sleep 0.01; done")] },
      second: { needs: ["first"], steps: [sh("cat note; git log -1 --format=%s")] },
    }`),
    });
    box.write({ ".gitignore": "/began\n/go\n" });
    box.commit("start");
    box.git("checkout", "--quiet", "-b", "feature");
    box.write({ note: "as it was planned\n" });
    box.commit("to be amended");
    const running = box.baton("run");
    await until("the first job runs", () => box.exists("began"));
    box.write({ note: "another\n" });
    box.git("commit", "--quiet", "--all", "--amend", "--message", "amended");
    box.git("checkout", "--quiet", "main");
    box.git("branch", "-D", "feature");
    box.git("reflog", "expire", "--expire=now", "--all");
    box.git("gc", "--quiet", "--prune=now");
    box.write({ go: "" });
    const { code, stdout, stderr } = await running;
    assert.equal(code, 0, stdout + stderr);
    assert.match((await box.baton("logs", "app.second@dev")).stdout, /as it was planned\n.* to be amended/);
    assert.match(
      box.git("for-each-ref", "refs/baton"),
      /^\w+ commit\trefs\/baton\/runs\/\w+\/r0001$/,
      "one may go back to it",
    );
  },
);

test("how long a run took is not told by a clock that somebody sets meanwhile", fullDepth(), async (t) => {
  const box = sandbox(t, { files: oneJob(`{ job: { steps: [sh('touch "$JUMPED"')] } }`) });
  box.env.JUMPED = join(box.root, ".git", "jumped");
  const jump = `import { existsSync } from "node:fs";
    const { now } = Date;
    Date.now = () => now() + (existsSync(process.env.JUMPED) ? 172800000 : 0);`;
  box.env.NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(jump)}`;
  const { code, stdout, stderr } = await box.baton("run");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /release 1 passed: 1 job, 1 passed in (?:<0\.1|\d+(?:\.\d)?)s \(/);
  assert.match(stderr, /app\.job@dev passed in [<\d]/);
  const [created, finished] = (
    await box.json<{ runs: { createdAt: number; finishedAt: number }[] }>("status")
  ).runs.map(({ createdAt, finishedAt }) => [createdAt, finishedAt] as const)[0]!;
  assert.ok(finished - created > 172_000_000, "the clock was set");
});

test("where no ref can be given to a run's commit, that is said and the run goes on", fullDepth(), async (t) => {
  const box = sandbox(t, { files: oneJob(`{ job: { steps: [sh("true")] } }`) });
  box.write({ ".git/refs/baton": "in the way" });
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /git may collect the commit of this run, because no ref could be given to it: git update-ref failed/,
  );
});

test("in place, jobs work in the working tree itself", fullDepth(), async (t) => {
  const box = sandbox(t, { files: oneJob(`{ go: { steps: [sh("echo made > made-here")] } }`) });
  const { code, stderr } = await box.baton("run", "--in-place");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /in the working tree itself/);
  assert.equal(box.read("made-here"), "made\n");
});

test("without git everything counts as changed and runs in place", fullDepth(), async (t) => {
  const box = sandbox(t, { files: oneJob(`{ go: { deploys: true, steps: [sh("echo x >> count")] } }`), commit: false });
  rmSync(join(box.root, ".git"), { recursive: true });
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /this is not a git repository, so everything counts as changed/);
  assert.equal((await box.baton("run")).code, 0);
  assert.equal(box.read("count"), "x\nx\n");
});

test("secrets come from the environment or a file, are asked for before anything runs, and are masked", async (t) => {
  const files = oneJob(`{ go: { env: { KEY: secret("DEPLOY_KEY") }, steps: [sh("echo key is $KEY")] } }`);
  const box = sandbox(t, { files: { ...files, ".gitignore": "*.secrets\n" } });
  const missing = await box.baton("run");
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /a secret is not set: DEPLOY_KEY \(for app\.go@dev\)/);
  assert.equal(box.exists(".baton"), false, "nothing was started");
  box.write({ "my.secrets": "DEPLOY_KEY=hunter-twenty-two\n" });
  const run = await box.baton("run", "--secrets-file", "my.secrets", "--verbose");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /key is \*\*\*/);
  assert.doesNotMatch(run.stderr + (await box.baton("logs")).stdout, /hunter/);
});

test("a secret in Baton's environment reaches only the jobs that declare it", fullDepth(), async (t) => {
  const files = oneJob(`{
    declares: { env: { KEY: secret("DEPLOY_KEY") }, steps: [sh("echo length ${"$"}{#KEY}")] },
    other: { needs: ["declares"], steps: [sh("env; cat /proc/self/environ /proc/$PPID/environ")] },
  }`);
  const box = sandbox(t, { files });
  box.env.DEPLOY_KEY = "hunter-twenty-two";
  const run = await box.baton("run", "--verbose");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /length 17/);
  const other = await box.baton("logs", "r0001", "app.other@dev");
  assert.match(other.stdout, /BATON_JOB=other/);
  assert.doesNotMatch(other.stdout, /hunter|DEPLOY_KEY/);
});

test("parameters are checked, and reach the job", fullDepth(), async (t) => {
  const files = {
    "baton.config.ts": `
import { delivery, env, parameter, pipeline, sh } from "baton-cd";
const size = parameter("size", { type: "choice", options: ["small", "large"], default: "small" });
const note = parameter("note", { type: "string" });
const app = pipeline("app", { jobs: { go: { env: { SIZE: size, NOTE: note }, steps: [sh("echo $SIZE $NOTE")] } } });
export default delivery("one", { pipelines: [app], environments: [env("dev")], parameters: [size, note] });
`,
  };
  const box = sandbox(t, { files });
  const missing = await box.baton("run");
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /the delivery asks for note/);
  const wrong = await box.baton("run", "--param", "note=x", "--param", "size=huge");
  assert.match(wrong.stderr, /it must be one of small, large/);
  const unknown = await box.baton("run", "--param", "nte=x");
  assert.match(unknown.stderr, /there is no parameter "nte"; did you mean note\?/);
  const run = await box.baton("run", "--param", "note=a=b", "--verbose");
  assert.match(run.stderr, /small a=b/);
});

test("what is asked for must exist, and the nearest name is offered", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const cases: [string[], RegExp][] = [
    [["run", "--evn", "dev"], /unknown option '--evn' \(Did you mean --env\?\)\n {2}next: baton run --help/],
    [["rnu"], /unknown command 'rnu'/],
    [["help", "plann"], /unknown command 'plann' \(Did you mean plan\?\)/],
    [
      ["run", "--secrets-file", "nope"],
      /--secrets-file nope cannot be read: there is no file \/.*nope\n {2}next: write one/,
    ],
    [["run", "--secrets-file", "web"], /--secrets-file web cannot be read: it is a folder/],
    [["run", "--env", "dve"], /there is no environment "dve"; did you mean dev\?/],
    [["run", "--to", "prd"], /there is no environment "prd"; did you mean prod\?/],
    [["run", "--pipeline", "wbe"], /there is no pipeline "wbe"; did you mean web\?/],
    [["run", "--event", "pushed"], /there is no such event/],
    [["run", "--since", "nowhere"], /git knows no such commit/],
    [["run", "--parallel", "0"], /--parallel 0 is not a number from 1/],
    [["run", "--env", "test"], /test comes after dev, where this has not passed yet: infra has to run in dev/],
    [["plan", "--explain", "web.tset"], /there is no job "web\.tset"; did you mean web\.test\?/],
    [["graph", "--format", "svg"], /use mermaid, dot, text/],
  ];
  for (const [args, says] of cases) {
    const { code, stderr, stdout } = await box.baton(...args);
    assert.equal(code, 2, `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, says);
    assert.equal(stdout, "");
  }
});

test("an environment alone may be asked for once what comes before it has passed", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  await box.baton("run");
  for (const [args, says] of [
    [
      ["outputs", "--env", "dve"],
      /there is no environment "dve"; did you mean dev\?\n {2}next: the environments are dev, test, prod\n/,
    ],
    [["logs", "r9"], /there is no run "r9"/],
    [["logs", "99"], /there is no run "99"/],
  ] as const) {
    const { code, stderr } = await box.baton(...args);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
  }
  const summary = await box.json<Summary>("run", "--env", "test");
  assert.equal(summary.conclusion, "succeeded");
  // What passed once for the commit is not run again.
  assert.deepEqual(Object.keys(statuses(summary)).sort(), ["infra.apply@test", "web.build@test", "web.deploy@test"]);
});
