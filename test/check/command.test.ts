import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { removeAtEnd } from "../lane/remove-at-end.ts";

const baton = join(import.meta.dirname, "../../bin/baton");
const wrong = join(import.meta.dirname, "err/no-conclusion-guard/example");
const right = join(import.meta.dirname, "ok/no-conclusion-guard/example");
const scratch = mkdtempSync(join(tmpdir(), "baton-check-"));
removeAtEnd(scratch);

function run(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: "1", CI: "1", FORCE_COLOR: undefined, GITHUB_STEP_SUMMARY: undefined };
  const done = spawnSync(baton, ["check", ...args], { cwd: scratch, encoding: "utf8", env });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function copyOf(folder: string, name: string): string {
  const copy = join(scratch, name);
  cpSync(folder, copy, { recursive: true });
  return copy;
}

describe("baton check", () => {
  test("ends with 1 and shows both sides, the schedule and what to do", () => {
    const { code, out, err } = run(wrong);
    assert.equal(code, 1);
    assert.match(out, /^error no-conclusion-guard: Job "deploy"/);
    assert.match(out, /deploy\.yml:8:3\n {2}8 \| {3}deploy:\n/);
    assert.match(out, /┌ push to main -> ci\.yml starts\n {2}├ ci\.yml fails\n/);
    assert.match(err, /1 error in 2 workflows by \d+ rules\nnext: baton check --fix/);
  });

  test("has little room for what is soon garbage, as no other command has", fullDepth(), () => {
    const tell = "data:text/javascript,console.error(process.execArgv.join())";
    const flags = (command: string) => {
      const env = { ...process.env, NODE_OPTIONS: `--import=${tell}` };
      return spawnSync(baton, [command, "--help"], { cwd: scratch, encoding: "utf8", env }).stderr;
    };
    assert.match(flags("check"), /,--max-semi-space-size=4\n/);
    assert.doesNotMatch(flags("plan"), /semi-space/);
  });

  test("ends with 0 where nothing is wrong, and says what was read", () => {
    const { code, out, err } = run(right);
    assert.deepEqual([code, out], [0, ""]);
    assert.match(err, /^nothing found in 4 workflows by \d+ rules\n/);
  });

  test(
    "--history says how often it happened, also in JSON, and what to export where a file has no runs",
    fullDepth(),
    () => {
      const time = (minute: number) => new Date(Date.UTC(2026, 9, 1, 0, minute)).toISOString();
      const told = (databaseId: number, workflowName: string, at: number, conclusion: string) => ({
        ...{ databaseId, workflowName, conclusion, event: workflowName === "CI" ? "push" : "workflow_run" },
        ...{ headBranch: "main", headSha: "a", startedAt: time(at), updatedAt: time(at + 2) },
      });
      writeFileSync(
        join(scratch, "runs.json"),
        JSON.stringify([told(1, "CI", 0, "failure"), told(2, "Deploy", 3, "success")]),
      );
      writeFileSync(join(scratch, "no-runs.json"), "[]");
      const { findings } = JSON.parse(run(wrong, "--history", "runs.json", "--json").out);
      assert.deepEqual(findings[0].history, { times: 1, of: 1, runs: ["2"] });
      assert.match(run(wrong, "--history", "runs.json").out, /\n {2}past 1 of 1 run: 2\n/);
      for (const file of ["no-runs.json", "missing.json"]) {
        const { code, err } = run(wrong, "--history", file);
        assert.equal(code, 2);
        assert.match(err, new RegExp(`--history ${file}: .*\n.*gh run list`));
      }
    },
  );

  test("prints the same bytes every time", fullDepth(), () => {
    assert.equal(run(wrong, "--json").out, run(wrong, "--format", "json").out);
  });

  test("prints versioned JSON", () => {
    const { version, findings, summary } = JSON.parse(run(wrong, "--format", "json").out);
    assert.equal(version, 1);
    assert.equal(findings[0].rule, "no-conclusion-guard");
    assert.equal(findings[0].file, ".github/workflows/deploy.yml");
    assert.ok(findings[0].related.length > 0 && findings[0].schedule.length > 0 && findings[0].help);
    assert.deepEqual([summary.errors, summary.warnings], [1, 0]);
  });

  test("prints SARIF and ends with 0", fullDepth(), () => {
    const { code, out } = run(wrong, "--format", "sarif");
    const { version, runs } = JSON.parse(out);
    assert.deepEqual([code, version], [0, "2.1.0"]);
    assert.equal(runs[0].results[0].ruleId, runs[0].tool.driver.rules[0].id);
    assert.equal(runs[0].results[0].locations[0].physicalLocation.region.startLine, 8);
  });

  test("prints annotations, with line ends escaped", fullDepth(), () => {
    const { code, out } = run(wrong, "--format", "github");
    assert.equal(code, 1);
    assert.match(out, /^::error file=\.github\/workflows\/deploy\.yml,line=8,.*::Job "deploy".*%0A/);
  });

  test("reports only what is severe enough", fullDepth(), () => {
    assert.equal(run(join(wrong, "../../expired-artifact-promotion/example"), "--severity", "error").code, 0);
    assert.equal(run(wrong, "--severity", "error").code, 1);
  });

  test("reads the repository around one file, and reports what touches the file", () => {
    assert.equal(run(join(wrong, ".github/workflows/deploy.yml")).code, 1);
    assert.equal(run(join(wrong, ".github/workflows/ci.yml")).code, 0);
  });

  test("repairs what is safe to repair", () => {
    const copy = copyOf(wrong, "repaired");
    const { code, err } = run(copy, "--fix");
    assert.equal(code, 0);
    assert.match(err, /repaired 1 of 1 findings in 1 file/);
    assert.match(
      readFileSync(join(copy, ".github/workflows/deploy.yml"), "utf8"),
      /deploy:\n {4}if: github\.event\.workflow_run\.conclusion == 'success'\n/,
    );
  });

  test("accepts a finding with a reason, and says when the reason is missing", () => {
    const copy = copyOf(wrong, "accepted");
    const file = join(copy, ".github/workflows/deploy.yml");
    const text = readFileSync(file, "utf8");
    const above = (comment: string) => text.replace("  deploy:\n", `  ${comment}\n  deploy:\n`);
    writeFileSync(file, above("# baton-ignore no-conclusion-guard: a preview, wanted for red runs too"));
    const { code, err } = run(copy);
    assert.equal(code, 0);
    assert.match(err, /1 suppressed/);
    writeFileSync(file, above("# baton-ignore no-conclusion-guard"));
    const rules = JSON.parse(run(copy, "--json").out).findings.map((finding: { rule: string }) => finding.rule);
    assert.deepEqual(rules, ["suppression-without-reason", "no-conclusion-guard"]);
  });

  test("a suppression that accepts nothing any more is told, with the name that was meant", () => {
    const copy = copyOf(right, "idle");
    const file = join(copy, ".github/workflows/deploy.yml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `# baton-ignore no-conclusion-guard, no-conclusion-gard: it was a preview\n${text}`);
    const { findings } = JSON.parse(run(copy, "--json").out) as { findings: { rule: string; message: string }[] };
    assert.deepEqual(findings.map(({ rule, message }) => [rule, message.replace(/^.*nothing: /, "")]).sort(), [
      ["suppression-unused", "it is not found on line 2"],
      ["suppression-unused", "there is no such rule; did you mean no-conclusion-guard?"],
    ]);
  });

  test("of several deployments beside the same tests one may be accepted", fullDepth(), () => {
    const copy = copyOf(join(import.meta.dirname, "err/parallel-ci-and-cd/several-deployments"), "several");
    const file = join(copy, ".github/workflows/deploy-admin.yml");
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace("  deploy:\n", "  # baton-ignore parallel-ci-and-cd: people look first\n  deploy:\n"),
    );
    const { findings, summary } = JSON.parse(run(copy, "--json").out) as {
      findings: { rule: string; file: string }[];
      summary: { suppressed: number };
    };
    assert.deepEqual(
      [findings.map((each) => `${each.rule} ${each.file}`), summary.suppressed],
      [["parallel-ci-and-cd .github/workflows/deploy-api.yml"], 1],
    );
  });

  test("a baseline hides what it knows, also when lines move, and tells what is gone", fullDepth(), () => {
    const copy = copyOf(wrong, "known");
    const baseline = ["--baseline", "baseline.json"];
    assert.equal(run(copy, ...baseline, "--update-baseline").code, 0);
    const file = join(copy, ".github/workflows/deploy.yml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `# a new first line\n${text}`);
    const known = run(copy, ...baseline);
    assert.equal(known.code, 0);
    assert.match(known.err, /^nothing found in .*, 1 known\n/);
    assert.equal(run(copy).code, 1);
    assert.equal(run(copy, "--fix").code, 0);
    const mended = run(copy, ...baseline);
    assert.match(mended.err, /1 known before and gone\nnext: baton check --baseline baseline\.json --update-baseline/);
    assert.equal(run(copy, ...baseline, "--update-baseline").code, 0);
    writeFileSync(file, text);
    assert.equal(run(copy, ...baseline).code, 1);
  });

  test("what the baseline knows is neither repaired nor reported after a repair", fullDepth(), () => {
    const copy = copyOf(join(import.meta.dirname, "err/dangling-workflow-run/example"), "half");
    const baseline = ["--baseline", "half.json"];
    assert.equal(run(copy, ...baseline, "--update-baseline").code, 0);
    for (const name of ["ci.yml", "deploy.yml"])
      cpSync(join(wrong, ".github/workflows", name), join(copy, ".github/workflows", `new-${name}`));
    const { code, err } = run(copy, ...baseline, "--fix");
    assert.equal(code, 0, err);
    assert.match(err, /repaired 1 of 1 findings in 1 file\nnothing found in .*, 1 known/);
  });

  test("writes SARIF besides what it prints", fullDepth(), () => {
    const file = join(scratch, "found.sarif");
    assert.equal(run(wrong, "--sarif", file, "--format", "github").code, 1);
    const sarif = JSON.parse(readFileSync(file, "utf8"));
    assert.equal(sarif.runs[0].results[0].ruleId, "no-conclusion-guard");
  });

  for (const [written, code, words] of [
    ["defaultBranch: trunk\n", 1, /^1 error/],
    [
      "environments: { production: { aproval: true } }\n",
      2,
      /yaml: environments\.production\.aproval: there is no such setting; did you mean approval\?/,
    ],
    ["testedBranches: main\n", 2, /baton\.check\.yaml: testedBranches: /],
    ["a: [\n", 2, /baton\.check\.yaml: .* line 2/],
  ] as const) {
    test(`settings: ${written.trim()}`, code === 1 ? {} : fullDepth(), () => {
      const copy = copyOf(wrong, `settings-${code}`);
      writeFileSync(join(copy, "baton.check.yaml"), written);
      const done = run(join(copy, ".github/workflows/deploy.yml"));
      assert.equal(done.code, code);
      assert.match(done.err, words);
    });
  }

  test("explains a rule", () => {
    const { code, out } = run("--explain", "any-not-all");
    assert.equal(code, 0);
    assert.match(out, /^any-not-all: .*\nerror, missing gate\n/);
  });

  for (const [args, words] of [
    [["--explain", "any-not-al"], /no such rule\n.*--explain any-not-all/],
    [["--format", "xml", wrong], /--format xml: it is one of text, json, sarif, github/],
    [["--severity", "bad", wrong], /--severity bad: it is one of error, warning, note/],
    [["nowhere"], /nowhere: there is no such file or folder/],
    [[scratch], /there are no workflows/],
    [
      ["--baseline", "none.json", wrong],
      /none\.json: there is no such baseline\n.*--baseline none\.json --update-baseline/,
    ],
    [["--update-baseline", wrong], /--update-baseline: which file\?/],
    [["--baseline", "b.json", "--update-baseline", "--fix", wrong], /what is repaired need not be known/],
    [
      ["--baseline", "b.json", "--update-baseline", join(wrong, ".github/workflows/ci.yml")],
      /found elsewhere than in \.github\/workflows\/ci\.yml would be lost/,
    ],
  ] as const) {
    const name = `wrong use: ${args[0]} ${args[1] ?? ""}`.trim().replace(scratch, "SCRATCH").replace(wrong, "WRONG");
    test(name, args[0] === "--explain" || args[0] === "nowhere" ? {} : fullDepth(), () => {
      const { code, out, err } = run(...args);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, words);
    });
  }
});
