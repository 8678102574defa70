import assert from "node:assert/strict";
import { test } from "node:test";
import { githubAnnotations, jobSummary } from "../../src/findings/print/github.ts";
import { jsonReport } from "../../src/findings/print/json.ts";
import { sarifReport } from "../../src/findings/print/sarif.ts";
import { closingLine, textReport } from "../../src/findings/print/text.ts";
import { locationOf } from "../../src/findings/source.ts";
import { ci, deploy, finding, plain, report, source } from "./example.ts";

const race = finding(deploy, "ship", {
  related: [{ location: locationOf({ source: ci, start: 6, end: 8 }), message: "this run may have failed" }],
  schedule: ["push to main -> CI starts", "CI fails -> Deploy starts", "Deploy ships"],
  url: "https://docs.example.org/x",
});

test("text: both sides with their lines, the schedule, why and what to do", () => {
  assert.deepEqual(textReport(report([race], deploy, ci), plain), [
    "error no-conclusion-guard: Job 'ship' deploys after a failed run of CI",
    "  --> .github/workflows/deploy.yml:5:3",
    "  5 |   ship:",
    "    |   ^^^^",
    "  --> .github/workflows/ci.yml:1:7",
    "  1 | name: CI",
    "    |       ^^ this run may have failed",
    "  ┌ push to main -> CI starts",
    "  ├ CI fails -> Deploy starts",
    "  └ Deploy ships",
    "  why  Untested code reaches users.",
    "  help Test the conclusion.",
    "  docs https://docs.example.org/x",
    "",
  ]);
  assert.equal(closingLine(report([race])), "1 error in 2 workflows by 47 rules");
  assert.equal(closingLine(report([])), "nothing found in 2 workflows by 47 rules");
});

test("text: tabs, long lines, places over several lines and files that are not at hand", () => {
  const tabs = source("t.yml", "\ta: b");
  assert.deepEqual(textReport(report([finding(tabs, "b")], tabs), plain).slice(2, 4), ["  1 | \ta: b", "    | \t   ^"]);
  const long = source("l.yml", `${"x".repeat(300)}HERE${"y".repeat(300)}`);
  const [, , line, sign] = textReport(report([finding(long, "HERE")], long), plain);
  assert.equal(line, `  1 | …${"x".repeat(40)}HERE${"y".repeat(116)}…`);
  assert.equal(sign, `    | ${" ".repeat(41)}^^^^`);
  const several = finding(deploy, "workflow_run:\n    workflows");
  assert.equal(textReport(report([several], deploy), plain)[3], "    |   ^^^^^^^^^^^^^");
  assert.equal(textReport(report([finding(deploy, "ship")]), plain)[1], "  --> .github/workflows/deploy.yml:5:3");
});

test("text of a repository cannot steer the terminal", () => {
  const hostile = source("h\u001b[2J.yml", "name: \u001b]0;x\u0007\u202Eevil");
  const lines = textReport(
    report([finding(hostile, "evil", { message: "a\u001b[31m\nb", schedule: ["x\r\u009b2K"] })], hostile),
    plain,
  );
  assert.doesNotMatch(lines.join("\n"), /(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
  assert.equal(lines[0], "error no-conclusion-guard: a\\u{1b}[31m b");
  assert.equal(lines[2], "  1 | name: \\u{1b}]0;x\\u{7}\\u{202e}evil");
  assert.equal(lines[3]?.indexOf("^"), lines[2]?.indexOf("evil"));
});

test("json: the fields of the contract", () => {
  const found = { ...race, edits: [] };
  assert.deepEqual(JSON.parse(JSON.stringify(jsonReport(report([found], deploy, ci)))), {
    version: 1,
    findings: [
      {
        rule: "no-conclusion-guard",
        severity: "error",
        confidence: "high",
        message: "Job 'ship' deploys after a failed run of CI",
        file: ".github/workflows/deploy.yml",
        line: 5,
        column: 3,
        endLine: 5,
        endColumn: 7,
        related: [{ file: ".github/workflows/ci.yml", line: 1, column: 7, message: "this run may have failed" }],
        schedule: race.schedule,
        why: "Untested code reaches users.",
        help: "Test the conclusion.",
        url: "https://docs.example.org/x",
        fixable: true,
      },
    ],
    summary: { files: 2, rules: 47, suppressed: 0, errors: 1, warnings: 0, notes: 0 },
  });
});

test("annotations: what a file contains cannot become another command", () => {
  const odd = finding(source("a,b:c%.yml", "x"), "x", {
    message: "50% done\n::error::forged",
    schedule: ["one"],
    severity: "note",
  });
  assert.deepEqual(githubAnnotations(report([odd])), [
    "::notice file=a%2Cb%3Ac%25.yml,line=1,endLine=1,col=1,endColumn=2,title=baton%3A no-conclusion-guard" +
      "::50%25 done%0A::error::forged%0A  one%0ATest the conclusion.",
  ]);
  const [line] = githubAnnotations(report([finding(deploy, "ship:\n    runs-on")]));
  assert.match(line!, /^::error file=\.github\/workflows\/deploy\.yml,line=5,endLine=6,title=/);
});

test("the job's page: one row a finding, and no markup from the repository", () => {
  const odd = finding(source("a`b|c.yml", "x"), "x", { message: "<img src=x> | [a](https://x) @team\nnext" });
  const summary = jobSummary(report([odd]));
  assert.equal(
    summary.split("\n").find((line) => line.startsWith("| error")),
    "| error | no-conclusion-guard | `a'b\\|c.yml:1` | \\<img src=x\\> \\| \\[a\\](https:\u200B//x) @\u200Bteam next |",
  );
});

test("sarif: rules, places, fingerprints and edits, the same bytes every time", () => {
  const edits = [{ file: deploy.path, start: 4, end: 4, text: "x" }];
  const own = finding(ci, "CI", { rule: "invalid-workflow", why: "Refused." });
  const rules = [
    { id: "unused", title: "U", why: "u", url: "https://x", severity: "note" },
    { id: "no-conclusion-guard", title: "Guard", why: "w", url: "https://y", severity: "error" },
  ] as const;
  const made = () => JSON.stringify(sarifReport(report([{ ...race, edits }, own], deploy, ci), rules, "1.2.3"));
  assert.equal(made(), made());
  const [run] = JSON.parse(made()).runs;
  assert.deepEqual(
    run.tool.driver.rules.map(({ id }: { id: string }) => id),
    ["no-conclusion-guard", "invalid-workflow"],
  );
  const [first, second] = run.results;
  assert.equal(first.ruleIndex, 0);
  assert.equal(second.ruleIndex, 1);
  assert.deepEqual(first.locations[0].physicalLocation, {
    artifactLocation: { uri: ".github/workflows/deploy.yml", uriBaseId: "%SRCROOT%" },
    region: { startLine: 5, startColumn: 3, endLine: 5, endColumn: 7 },
  });
  assert.deepEqual(first.fixes[0].artifactChanges[0].replacements, [
    { deletedRegion: { charOffset: 4, charLength: 0 }, insertedContent: { text: "x" } },
  ]);
  assert.equal(second.fixes, undefined);
  assert.notEqual(first.partialFingerprints.batonFinding, second.partialFingerprints.batonFinding);
  const strange = finding(source("a b/#?.yml", "x"), "x");
  const [result] = JSON.parse(JSON.stringify(sarifReport(report([strange]), [], "1.0.0"))).runs[0].results;
  assert.equal(result.locations[0].physicalLocation.artifactLocation.uri, "a%20b/%23%3F.yml");
});
