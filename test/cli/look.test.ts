import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { oneJob, storefrontFiles } from "./deliveries.ts";
import { sandbox, until } from "./sandbox.ts";

test("before the first run every command that looks says so and suggests a plan", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const status = await box.baton("status");
  assert.deepEqual([status.code, status.stdout], [0, ""]);
  assert.match(status.stderr, /nothing was run here yet.*\n.*next: baton plan/);
  assert.deepEqual(await box.json("status"), { version: 1, deployed: {}, runs: [], open: [], freezes: [], owed: [] });
  assert.deepEqual(await box.json("outputs"), { version: 1, environments: {} });
  const logs = await box.baton("logs");
  assert.equal(logs.code, 1);
  assert.match(logs.stderr, /nothing was run here yet/);
  const resume = await box.baton("resume");
  assert.equal(resume.code, 1);
  assert.equal(box.exists(".baton"), false, "looking leaves nothing behind");
});

test("logs of what printed nothing say so; of what is not kept any more, that it may be so", fullDepth(), async (t) => {
  const box = sandbox(t, {
    files: oneJob('{ a: { steps: [sh("true")] }, b: { needs: ["a"], steps: [sh("echo x")] } }'),
  });
  await box.baton("run");
  const silent = await box.baton("logs", "app.a@dev");
  assert.deepEqual([silent.code, silent.stdout], [0, ""]);
  assert.match(silent.stderr, /^app\.a@dev of run r0001 printed nothing\n/);
  rmSync(join(box.root, ".baton", "logs"), { recursive: true });
  const gone = await box.baton("logs", "app.b@dev");
  assert.equal(gone.code, 0);
  assert.match(gone.stderr, /no log of app\.b@dev of run r0001 in .*: it printed nothing, or its logs were deleted/);
});

test("everything that reads has a JSON form with a version", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  await box.baton("run");
  for (const command of ["plan", "status", "outputs", "logs", "graph", "services", "doctor"]) {
    const value = await box.json<{ version: number }>(command);
    assert.equal(value.version, 1, command);
  }
});

const madeOnce = `name: shop
environments: { dev: { branch: main }, test: { after: dev } }
pipelines:
  web:
    jobs:
      build: { per: release, tools: [git@>=99], steps: [mkdir out], artifacts: { out: out } }
      deploy: { needs: build, deploys: true, uses: [out], steps: [ls out] }
`;

test(
  "what is taken over is drawn before what it is handed to, and an unknown environment is told as one",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files: { "baton.yaml": madeOnce.replace("tools: [git@>=99], ", "") } });
    assert.equal((await box.baton("run", "--env", "dev")).code, 0);
    const { edges } = await box.json<{ edges: { from: string; to: string }[] }>("graph", "--jobs", "--to", "test");
    const pairs = edges.map(({ from, to }) => `${from} -> ${to}`).toSorted();
    assert.deepEqual(pairs, ["web.build -> web.deploy@dev", "web.build -> web.deploy@test"]);
    const unknown = await box.baton("outputs", "--env", "tset");
    assert.deepEqual([unknown.code, unknown.stderr.includes("did you mean test?")], [2, true], unknown.stderr);
    const nothing = await box.baton("outputs", "--env", "test");
    assert.match(nothing.stderr, /nothing is deployed in "test"/);
  },
);

test("doctor's remedies can be followed before anything has run", fullDepth(), async (t) => {
  const box = sandbox(t, { files: { "baton.yaml": madeOnce } });
  const { stdout } = await box.baton("doctor");
  assert.match(stdout, /remedy: install a fitting version$/m);
  box.write({ "baton.yaml": madeOnce.replace("git@>=99", "no-such-tool") });
  assert.match((await box.baton("doctor")).stdout, /remedy: install it, or add its folder to the PATH$/m);
});

test(
  "a slip of the hand in paths and folders is told, and a pipeline that was taken out is marked",
  fullDepth(),
  async (t) => {
    const jobs = 'jobs: { go: { deploys: true, workingDirectory: WHERE, steps: ["true"] } }';
    const pipelines = (...names: string[]) =>
      names.map((name) => `  ${name}: { paths: ["${name}/**"], ${jobs.replace("WHERE", name)} }`).join("\n");
    const yaml = (...names: string[]) => `name: shop\nenvironments: { dev: {} }\npipelines:\n${pipelines(...names)}\n`;
    const box = sandbox(t, { files: { "baton.yaml": yaml("web", "api"), "web/a": "x", "api/a": "x" } });
    assert.equal((await box.baton("run")).code, 0);
    box.write({ "baton.yaml": yaml("wbe") });
    assert.match((await box.baton("doctor")).stdout, /warn {2}paths: wbe\/\*\* of wbe matches no file in git/);
    assert.match(
      (await box.baton("plan")).stdout,
      /wbe\/\*\* of wbe matches no file in git: no change makes wbe run by it/,
    );
    const { idlePaths } = await box.json<{ idlePaths: unknown[] }>("plan");
    assert.deepEqual(idlePaths, [{ pipeline: "wbe", pattern: "wbe/**" }]);
    const missing = await box.baton("run");
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /folder wbe: not there; did you mean web\?/);
    box.write({ "baton.yaml": yaml("web") });
    assert.equal((await box.baton("run", "--force")).code, 0);
    const { stdout } = await box.baton("status");
    assert.match(stdout, /^ {2}api +release 1 .*not in the definition any more$/m);
    assert.match(stdout, /^ {2}web +release 2 .*just now$/m);
  },
);

test("the plan explains one job", async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const { stdout } = await box.baton("plan", "--explain", "web.build");
  assert.match(stdout, /run +web\.build@dev\n {2}why: never deployed to dev \(never-deployed\)/);
  assert.match(stdout, /starts after: web\.test/);
});

test("graph draws pipelines and jobs in three languages, and dot accepts its own", fullDepth("dot"), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const text = await box.baton("graph");
  assert.match(text.stdout, /^dev\n {2}infra \(run\)\n {2}└─ web \(run\)\n\ntest.*\n {2}infra/);
  const done = await box.baton("run", "--env", "dev");
  assert.equal(done.code, 0, done.stderr);
  const rest = await box.baton("graph", "--jobs", "--env", "dev");
  assert.match(rest.stdout, /infra\.apply \(reuse\)\n {2}└─ web\.build \(reuse\).*\n {5}└─ web\.deploy \(reuse\)/);
  const mermaid = await box.baton("graph", "--format", "mermaid", "--jobs", "--env", "dev");
  assert.match(mermaid.stdout, /^flowchart LR\n/);
  assert.match(mermaid.stdout, /web\.build@dev/);
  const dot = await box.baton("graph", "--format", "dot");
  const svg = execFileSync("dot", ["-Tsvg"], { input: dot.stdout, encoding: "utf8" });
  assert.match(svg, /infra@prod/);
});

test("logs show one job, one attempt, or everything with names; a closed pipe is no error", async (t) => {
  const flag = '"$PWD/../../flag"';
  const files = oneJob(`{
    a: { retry: { attempts: 2, delay: "10ms" }, steps: [sh(${JSON.stringify(`echo from a; test -e ${flag} || { touch ${flag}; exit 1; }`)})] },
    b: { needs: ["a"], steps: [sh("seq 1 20000")] },
  }`);
  const box = sandbox(t, { files });
  const run = await box.baton("run");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /app\.a@dev failed after [^:]*: .*; attempt 2 of 2 in/);
  assert.match((await box.baton("logs", "1", "app.a", "--attempt", "1")).stdout, /^\d\d:\d\d:\d\d from a\n$/);
  const all = (await box.baton("logs")).stdout.split("\n");
  assert.match(all[0]!, /app\.a@dev from a/);
  assert.match(all[1]!, /app\.b@dev 1$/);
  const none = await box.baton("logs", "app.a", "--attempt", "9");
  assert.equal(none.code, 2);
  const head = execFileSync("bash", ["-c", 'set -o pipefail; "$BATON" logs | head -1'], {
    cwd: box.root,
    env: { ...process.env, ...box.env, BATON: join(import.meta.dirname, "../../bin/baton") },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.match(head, /from a/);
});

test("logs --follow prints what comes and ends with the run", async (t) => {
  const files = oneJob(
    '{ go: { steps: [sh("echo first; while ! test -e \\"$GATE\\"; do sleep 0.02; done; echo last")] } }',
  );
  const box = sandbox(t, { files });
  box.env.GATE = join(box.root, ".git", "gate");
  const running = box.start("run");
  t.after(() => running.kill("SIGKILL"));
  await until("the run has begun", async () => (await box.baton("logs")).stdout.includes("first"));
  const following = box.start("logs", "--follow");
  let text = "";
  following.stdout!.on("data", (data) => (text += data));
  await until("the first line is followed", () => text.includes("first"));
  assert.doesNotMatch(text, /last/);
  writeFileSync(box.env.GATE, "");
  const [code] = await new Promise<number[]>((resolve) => following.once("exit", (...end) => resolve(end as number[])));
  assert.equal(code, 0);
  assert.match(text, /last/);
});

test("a second Baton works beside the first, and a cancel from there stops it", fullDepth(), async (t) => {
  const box = sandbox(t, {
    files: oneJob('{ go: { steps: [sh("echo begun; test $BATON_RELEASE = 2 || sleep 100")] } }'),
  });
  const running = box.start("run");
  const ended = new Promise<number | null>((resolve) => running.once("exit", resolve));
  t.after(() => running.kill("SIGKILL"));
  await until("the run has begun", async () => (await box.baton("logs")).stdout.includes("begun"));
  const second = await box.baton("run", "--force");
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stdout, /release 2 passed/);
  const status = await box.baton("status");
  assert.match(status.stdout, /▶ app\.go@dev +for/);
  const cancel = await box.baton("cancel", "1", "--now");
  assert.equal(cancel.code, 0, cancel.stderr);
  assert.match(cancel.stderr, /run r0001 has ended: cancelled/);
  assert.equal(await ended, 1);
  assert.match((await box.baton("status")).stdout, /r0001 .*cancelled/);
});

test("an approval given from another terminal reaches the Baton that runs", fullDepth(), async (t) => {
  const files = {
    "baton.config.ts": `
import { delivery, env, pipeline, sh, when } from "baton-cd";
const app = pipeline("app", { jobs: { go: { steps: [sh('[ "$BATON_ENVIRONMENT" = prod ] || while ! test -e "$GATE"; do sleep 0.02; done')] } } });
export default delivery("two", {
  pipelines: [app],
  environments: [env("dev", { branch: "main" }), env("prod", { branch: "main", approval: { reviewers: ["us"], count: 2 } })],
});
`,
  };
  const box = sandbox(t, { files });
  box.env.GATE = join(box.root, ".git", "gate");
  const running = box.start("run");
  t.after(() => running.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => running.once("exit", resolve));
  await until("prod waits", async () =>
    (await box.baton("status")).stdout.includes("prod  waits for approval by 2 of us"),
  );
  box.env.GITHUB_ACTOR = "ada";
  const given = await box.baton("approve", "1", "prod");
  assert.match(
    given.stderr,
    /your approval of prod for run r0001 is kept; one more person must approve before it goes on/,
  );
  assert.match(given.stderr, /next: baton approve r0001 prod {2}somebody else/);
  box.env.GITHUB_ACTOR = "bob";
  const approved = await box.baton("approve", "1", "prod");
  assert.equal(approved.code, 0, approved.stderr);
  assert.match(approved.stderr, /prod approved for run r0001; the Baton that runs it goes on/);
  writeFileSync(box.env.GATE, "");
  assert.equal(await ended, 0);
  assert.match((await box.baton("status")).stdout, /r0001 .*succeeded/);
});

test("a state folder of a newer Baton is refused and left as it is", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  await box.baton("run");
  const database = new DatabaseSync(join(box.root, ".baton", "journal.db"));
  database.exec("pragma user_version = 99");
  database.close();
  for (const command of ["status", "run", "outputs"]) {
    const { code, stderr } = await box.baton(command, ...(command === "run" ? ["--force"] : []));
    assert.equal(code, 1, command);
    assert.match(stderr, /written by a newer Baton: its state has version 99/);
    assert.doesNotMatch(stderr, /\n +at /);
  }
  assert.match((await box.baton("doctor")).stdout, /fail {2}journal: .*newer Baton/);
});

test("a disk that takes no more ends the run in words, and resume goes on", fullDepth(), async (t) => {
  const box = sandbox(t, { files: oneJob('{ a: { steps: [sh("true")] }, b: { needs: ["a"], steps: [sh("true")] } }') });
  const baton = join(import.meta.dirname, "../../bin/baton");
  // The limit on the size of a file stands in for a disk without space: the journal cannot grow.
  const call = `ulimit -f 20; exec '${baton}' run`;
  let failed: { status: number; stderr: string } | undefined;
  try {
    execFileSync("bash", ["-c", call], {
      cwd: box.root,
      env: { ...process.env, ...box.env },
      encoding: "utf8",
      stdio: "pipe",
    });
  } catch (error) {
    failed = error as typeof failed;
  }
  assert.equal(failed?.status, 1, failed?.stderr);
  assert.match(failed!.stderr, /cannot be read or written|is full/);
  assert.doesNotMatch(failed!.stderr, /\n +at /);
  const next = await box.baton("run");
  assert.equal(next.code, 0, next.stderr);
});

test("a missing tool and a working directory that is gone are told before anything runs", fullDepth(), async (t) => {
  const files = oneJob(`{
    tool: { tools: [{ name: "no-such-tool" }], steps: [sh("true")] },
    gone: { workingDirectory: "not/here", steps: [sh("true")] },
  }`);
  const box = sandbox(t, { files });
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 2);
  assert.match(stderr, /tool no-such-tool: not on the PATH \(for app\.tool@dev\)/);
  assert.match(stderr, /folder not\/here: not there \(for app\.gone@dev\)/);
  const doctor = await box.baton("doctor");
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /fail {2}tool no-such-tool: .*\n +remedy: install it/);
});

test("a machine of another system, and containers, are told before anything runs", fullDepth(), async (t) => {
  const other = process.platform === "darwin" ? "ubuntu-24.04" : "macos-15";
  const files = oneJob(`{
    same: { per: "release", runsOn: ["self-hosted", "big"], steps: [sh("true")] },
    other: { runsOn: "${other}", steps: [sh("true")] },
    boxed: { container: "node:24", services: { db: "postgres:17" }, steps: [sh("true")] },
  }`);
  const box = sandbox(t, { files });
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 2);
  assert.match(stderr, /machine (macOS|Linux): this one has \w+ \(for app\.other@dev\)/);
  assert.match(stderr, /container node:24: Baton starts none on this machine, .* \(for app\.boxed@dev\)/);
  assert.match(stderr, /container postgres:17: /);
  assert.doesNotMatch(stderr, /app\.same/);
});

test(
  "what a job reports is shown at the end of its log; a report that is not there fails it",
  fullDepth(),
  async (t) => {
    const files = oneJob(`{
    plan: { steps: [sh("echo 'Plan: 1 to add' > 'a plan.txt'")], report: "a plan.txt" },
    lost: { needs: ["plan"], steps: [sh("true")], report: "lost.txt" },
  }`);
    const box = sandbox(t, { files });
    const { code, stdout, stderr } = await box.baton("run");
    assert.equal(code, 1, stderr);
    assert.match(`${stdout}${stderr}`, /step 'Report: lost\.txt' ended with exit code 1/);
    const logs = await box.baton("logs", "app.plan@dev");
    assert.match(logs.stdout, /Plan: 1 to add/);
  },
);

test("doctor finds nothing wrong with a sound place, and says what is", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const sound = await box.baton("doctor");
  assert.equal(sound.code, 0, sound.stdout);
  assert.match(sound.stdout, /ok {4}definition: storefront: 2 pipelines, dev → test → prod/);
  rmSync(join(box.root, "baton.config.ts"));
  const empty = await box.baton("doctor");
  assert.equal(empty.code, 1);
  assert.match(empty.stdout, /fail {2}definition: there is no baton\.config\.ts/);
});

test("a step that prints a great deal, or what is no text, is shown and bounded", fullDepth(), async (t) => {
  const files = oneJob(
    `{ loud: { steps: [sh("head -c 20000000 /dev/zero | tr '\\\\0' x | fold -w 200; printf '\\\\nbad \\\\xff byte\\\\n'; exit 1")] } }`,
  );
  const box = sandbox(t, { files });
  const { code, stderr } = await box.baton("run");
  assert.equal(code, 1);
  assert.match(stderr, /│ bad � byte/);
  assert.ok(stderr.length < 10_000, `${stderr.length} characters on the screen`);
});

test(
  "services that a job leaves are listed, stopped, and gone at the end without a terminal",
  fullDepth(),
  async (t) => {
    const step =
      'sleep 1000 </dev/null >/dev/null 2>&1 & echo name=api pid=$! url=http://127.0.0.1:1/ >> "$BATON_SERVICE"';
    const box = sandbox(t, { files: oneJob(`{ up: { deploys: true, steps: [sh(${JSON.stringify(step)})] } }`) });
    const first = await box.baton("run");
    assert.match(first.stdout, /1 service that jobs had started was stopped/, first.stderr);
    assert.match((await box.baton("services")).stderr, /no service that a job started is running/);
    const second = await box.baton("run", "--force", "--keep-services");
    assert.match(second.stdout, /api +http:\/\/127\.0\.0\.1:1\/ +process \d+ +stop it: baton services stop api/);
    const wrong = await box.baton("services", "stop", "apy");
    assert.match(wrong.stderr, /did you mean api\?/);
    const stop = await box.baton("services", "stop", "api");
    assert.equal(stop.code, 0);
    assert.match((await box.baton("services")).stderr, /no service/);
  },
);

test("a bug of Baton's own says how to report it and ends with 3", async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  mkdirSync(join(box.root, ".baton"));
  writeFileSync(join(box.root, ".baton", "services.json"), "no json");
  chmodSync(join(box.root, ".baton", "services.json"), 0o600);
  const { code, stderr } = await box.baton("services");
  assert.equal(code, 3);
  assert.match(
    stderr,
    /mistake in Baton.*\n.*\n.*Please report it with these lines:\n {4}baton services\n {4}Node\.js v\d+/,
  );
});

test("a current folder that is gone is said to be gone", (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const baton = join(import.meta.dirname, "../../bin/baton");
  const call = `mkdir gone && cd gone && rmdir ../gone && "${baton}" plan 2>&1; echo "ended with $?"`;
  const text = execFileSync("bash", ["-c", call], { cwd: box.root, encoding: "utf8" });
  assert.match(text, /the folder you are in no longer exists/);
  assert.match(text, /ended with 2/);
});

test("a run whose watcher goes away goes on to its end", fullDepth(), (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const baton = join(import.meta.dirname, "../../bin/baton");
  const call = `"${baton}" run --to test --verbose 2>&1 | head -1; "${baton}" status`;
  const text = execFileSync("bash", ["-c", call], {
    cwd: box.root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.match(text, /r0001 .*succeeded/);
});

test("SIGTERM leaves the run to be resumed, after its jobs have ended", fullDepth(), async (t) => {
  const job = `trap 'echo told >> "$NOTES"; exit 1' TERM; echo begun; while ! test -e "$GATE"; do sleep 0.02; done`;
  const box = sandbox(t, { files: oneJob(`{ go: { deploys: true, steps: [sh(${JSON.stringify(job)})] } }`) });
  box.env.GATE = join(box.root, ".git", "gate");
  box.env.NOTES = join(box.root, ".git", "notes");
  const running = box.start("run");
  t.after(() => running.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => running.once("exit", resolve));
  await until("the run has begun", async () => (await box.baton("logs")).stdout.includes("begun"));
  running.kill("SIGTERM");
  assert.equal(await ended, 130);
  assert.equal(box.read(".git/notes"), "told\n", "the job was told and had its time");
  const { stdout, stderr } = await box.baton("status");
  assert.match(stderr, /next: baton resume/);
  assert.match(stdout, /dev is held by run r0001 \(release 1\) for .+, and nobody runs it$/m);
  assert.match(stdout, /· app\.go@dev {2}began .+ ago, and nobody waits for its end$/m);
  writeFileSync(box.env.GATE, "");
  const resumed = await box.baton("resume");
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /run r0001 was interrupted in app\.go@dev/);
  assert.match(resumed.stderr, /app\.go@dev started, attempt 2/);
});
