import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { replay } from "../../src/engine/fold.ts";
import { openRunLogs } from "../../src/runner/log-reader.ts";
import { openStoreForReading } from "../../src/store/store.ts";
import { firstSeed, times } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { batonFile, type Sandbox, sandbox, until } from "./sandbox.ts";

/**
 * Jobs append to a ledger what they do: `begin JOB RUN PID` and `end JOB RUN PID`. A job is a shell and a child of it, so
 * that a killed Baton leaves a process group with more than one member behind. `$LEDGER` lies outside the checkout. One job
 * takes longer than a new Baton needs to start: what an old one left would be seen beside it. Each prints who it is, too.
 */
const step = (seconds: string) =>
  `sh(\`echo "$$ begins"; echo "begin $BATON_PIPELINE.$BATON_JOB@$BATON_ENVIRONMENT $BATON_RUN $$" >> "$LEDGER"; sh -c 'sleep ${seconds}; true'; echo "end $BATON_PIPELINE.$BATON_JOB@$BATON_ENVIRONMENT $BATON_RUN $$" >> "$LEDGER"; echo "$$ ends"\`)`;

const files = {
  "baton.config.ts": `
import { delivery, env, pipeline, sh } from "baton-cd";
const infra = pipeline("infra", {
  outputs: { site: "string" },
  jobs: { apply: { deploys: true, steps: [${step("0.020")}, sh("echo site=s-$BATON_ENVIRONMENT >> \\"$BATON_OUTPUT\\"")] } },
});
const api = pipeline("api", {
  needs: [infra],
  jobs: {
    test: { per: "release", steps: [${step("0.010")}] },
    pack: { per: "release", needs: ["test"], steps: [${step("0.010")}, sh("echo packed > packed")], artifacts: { packed: { path: "packed" } } },
    deploy: { needs: ["pack"], deploys: true, env: { SITE: infra.outputs.site }, uses: [{ artifact: "packed", path: "in" }], steps: [${step("0.015")}, sh('test "$SITE" = "s-$BATON_ENVIRONMENT" && read -r word < in && test $word = packed')] },
  },
});
const web = pipeline("web", {
  needs: [infra],
  jobs: { a: { steps: [${step("0.015")}] }, b: { needs: ["a"], deploys: true, steps: [${step("$(test $BATON_ENVIRONMENT = dev && echo 0.3 || echo 0.01)")}] } },
});
export default delivery("ledger", { pipelines: [infra, api, web], environments: [env("dev"), env("test", { after: "dev" })] });
`,
};

const wantedKills = times(50);
/** Small and good enough to pick moments; the same seed picks the same ones. */
function chance(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test(
  `nothing is lost or run twice when Baton is killed ${wantedKills} times at random (seed ${firstSeed})`,
  fullDepth(),
  async (t) => {
    const random = chance(firstSeed);
    const box = sandbox(t, { files });
    const ledger = join(box.root, ".git", "ledger");
    box.write({ ".git/ledger": "" });
    box.env.LEDGER = ledger;
    let kills = 0;
    let runs = 0;
    const runAll = ["run", "--to", "test", "--force", "--parallel", "3"];
    const began = performance.now();
    const undisturbed = await runUntilKilled(box, runAll, 60_000);
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    const wholeRunMs = performance.now() - began;
    runs++;
    while (kills < wantedKills) {
      runs++;
      let args = runAll;
      // Moments from before the start to after the end. Each kill in a run gives the next attempt more time, so that a
      // machine that is suddenly slow gets through as well.
      for (let tries = 0; ; tries++) {
        const { killed, code, stderr } = await runUntilKilled(box, args, random() * wholeRunMs * (1.1 + tries / 10));
        if (!killed) {
          assert.equal(code, 0, `run ${runs}: ${stderr}`);
          break;
        }
        kills++;
        args = wasCreated(box, runs) ? ["resume"] : args;
      }
      checkJournal(box, runs);
      checkLedger(ledger, runs);
      checkLogs(box, ledger, runs);
    }
    // The last shells see the end of their input a moment after Baton has gone.
    await until(`no process is left: ${leftOver(ledger).join(", ")}`, () => leftOver(ledger).length === 0);
    t.diagnostic(`${kills} kills in ${runs} runs`);
  },
);

interface Ended {
  killed: boolean;
  code: number | null;
  stderr: string;
}

/** `kill -9` after so many milliseconds, unless it has ended by then. */
function runUntilKilled(box: Sandbox, args: string[], ms: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(batonFile, args, {
      cwd: box.root,
      env: { ...process.env, ...box.env, CI: "true" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), ms);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      resolve({ killed: signal === "SIGKILL", code, stderr });
    });
  });
}

const runName = (number: number) => `r${String(number).padStart(4, "0")}`;

function wasCreated(box: Sandbox, number: number): boolean {
  try {
    using journal = openStoreForReading(join(box.root, ".baton"));
    return journal.run(runName(number)) !== undefined;
  } catch (error) {
    if ((error as { code?: string }).code === "empty") return false;
    throw error;
  }
}

/** The whole journal folds (the engine refuses what cannot have happened), and the run's own story makes sense. */
function checkJournal(box: Sandbox, number: number): void {
  using journal = openStoreForReading(join(box.root, ".baton"));
  const folded = replay(journal.load());
  const run = journal.runState(runName(number))!;
  assert.ok(!folded.open.has(run.id));
  assert.equal(run.finished?.conclusion, "succeeded");
  const passed = new Set<string>();
  const open = new Set<string>();
  for (const { event } of journal.loadRun(run.id)) {
    if (event.type === "job.started") {
      assert.ok(!passed.has(event.job), `${event.job} had passed and was started again`);
      assert.ok(!open.has(event.job), `${event.job} was started while an attempt was open`);
      open.add(event.job);
    } else if (event.type === "job.succeeded" || event.type === "job.interrupted") {
      open.delete(event.job);
      if (event.type === "job.succeeded") passed.add(event.job);
    } else assert.notEqual(event.type, "job.failed");
  }
  assert.equal(passed.size, run.list.length, "every job passed");
}

interface Entry {
  word: string;
  job: string;
  pid: string;
}

function entriesOf(ledger: string, number: number): Entry[] {
  return readFileSync(ledger, "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , run]) => run === runName(number))
    .map(([word, job, , pid]) => ({ word: word!, job: job!, pid: pid! }));
}

const before: Record<string, string[]> = {
  "api.pack@": ["api.test@"],
  "api.deploy@dev": ["api.pack@", "infra.apply@dev"],
  "web.a@dev": ["infra.apply@dev"],
  "web.b@dev": ["web.a@dev"],
  "infra.apply@test": ["web.b@dev", "api.deploy@dev"],
  "api.deploy@test": ["api.pack@", "infra.apply@test"],
  "web.a@test": ["infra.apply@test"],
  "web.b@test": ["web.a@test"],
};

/** They deploy nothing: their ends and starts may be lost by a kill, and then both are done once more, in their order. */
const repeatable = new Set(["api.test@", "api.pack@", "web.a@dev", "web.a@test"]);

/** What the jobs themselves saw. */
function checkLedger(ledger: string, number: number): void {
  const entries = entriesOf(ledger, number);
  const ended = new Map<string, number>();
  const running = new Map<string, string>();
  entries.forEach(({ word, job, pid }, at) => {
    if (word === "begin") {
      for (const need of before[job] ?? []) {
        assert.ok(ended.has(need), `${job} began before ${need} had ended`);
      }
      running.set(job, pid);
      // Whoever had begun because of what is now done once more must have been ended before.
      for (const [later, needs] of Object.entries(before)) if (needs.includes(job)) running.delete(later);
    } else {
      assert.equal(running.get(job), pid, `an older attempt of ${job} went on beside a newer one`);
      ended.set(job, at);
    }
  });
  assert.equal(ended.size, 10, "every job did its work");
  // An attempt may end its work and be cut off before that is recorded, so a job may do its work twice, one after the other.
  for (const [later, needs] of Object.entries(before)) {
    const isBegin = ({ word, job }: Entry) => word === "begin" && job === later;
    for (const need of needs) {
      const mayRepeat = repeatable.has(need) && repeatable.has(later);
      const begins = mayRepeat ? entries.findLastIndex(isBegin) : entries.findIndex(isBegin);
      const late = entries.findLastIndex(({ job }) => job === need);
      assert.ok(late < begins, `${need} still worked after ${later} had begun`);
    }
  }
}

/** The log of the attempt that passed is what that attempt printed, whatever others of its number had printed before a kill. */
function checkLogs(box: Sandbox, ledger: string, number: number): void {
  using journal = openStoreForReading(join(box.root, ".baton"));
  const run = runName(number);
  const logs = openRunLogs(join(box.root, ".baton"), run);
  const ends = new Map(entriesOf(ledger, number).map(({ job, pid }) => [job, pid]));
  for (const { event } of journal.loadRun(run)) {
    if (event.type !== "job.succeeded") continue;
    const texts = Array.from(logs.follow({ run, job: event.job, attempt: event.attempt }).read(), ({ text }) => text);
    const pid = ends.get(event.job.includes("@") ? event.job : `${event.job}@`);
    assert.deepEqual(texts, [`${pid} begins`, `${pid} ends`], `the log of ${event.job}`);
  }
}

/** Processes of steps that are still there, found by the variable that only they have. */
function leftOver(ledger: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`LEDGER=${ledger}`);
        return isOurs ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`] : [];
      } catch {
        return [];
      }
    });
}
