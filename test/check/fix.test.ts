import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { check } from "../../src/check/check.ts";
import { applyEdits } from "../../src/findings/apply-edits.ts";
import { githubFacts } from "../../src/platforms/github/facts/github-facts.ts";
import { readTexts } from "../../src/platforms/github/read/repository.ts";
import { createSimulator } from "../../src/platforms/github/simulate/simulator.ts";
import { casesOf, checkFolder, lines } from "./cases.ts";

describe("repaired files", async () => {
  for (const { rule, name, folder } of casesOf("err")) {
    const { repository, findings } = await checkFolder(folder);
    if (!findings.some((finding) => finding.edits)) continue;
    test(`${rule}/${name}: nothing is found any more`, async () => {
      const { texts, repaired } = applyEdits(findings, repository.sources);
      assert.ok(repaired > 0);
      const copy = mkdtempSync(join(tmpdir(), "baton-fix-"));
      try {
        cpSync(folder, copy, { recursive: true });
        for (const [file, text] of texts) {
          assert.deepEqual(comments(text), comments(repository.sources.get(file)!.text), "comments are kept");
          writeFileSync(join(copy, file), text);
        }
        assert.equal(lines((await checkFolder(copy)).findings), "", [...texts.values()].join("\n"));
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    });
  }
});

test("of two findings at one place the one that mends several files is repaired, and both are silent", () => {
  const { texts, repaired } = repairOf({
    "apply.yml": `name: Apply
on: { push: { branches: [main] } }
env: { AWS_ACCESS_KEY_ID: "\${{ secrets.AWS_ACCESS_KEY_ID }}" }
jobs:
    apply:
        runs-on: ubuntu-latest
        steps: [{ uses: actions/checkout@v4 }, { run: terraform -chdir=infra apply -auto-approve }]
`,
    "nightly.yml": `name: Nightly
on: { schedule: [{ cron: "0 3 * * *" }] }
env: { AWS_ACCESS_KEY_ID: "\${{ secrets.AWS_ACCESS_KEY_ID }}" }
jobs:
    refresh:
        runs-on: ubuntu-latest
        steps: [{ uses: actions/checkout@v4 }, { run: terraform -chdir=infra apply -auto-approve }]
`,
  });
  assert.equal(repaired, 1);
  const group =
    "        concurrency:\n            group: terraform-state-infra\n            cancel-in-progress: false\n";
  for (const text of texts.values()) assert.ok(text.includes(group), text);
  assert.deepEqual(rulesIn(texts), []);
});

describe("a group is left as it is where a common one would not be safe", () => {
  const deploy = "{ run: aws cloudformation deploy --stack-name shop --template-file shop.yaml }";
  const workflow = (on: string, concurrency: string, more = "") => `on: ${on}
jobs:
  deploy:
    runs-on: ubuntu-latest
    concurrency: ${concurrency}
    steps: [{ uses: actions/checkout@v4 }, ${deploy}]
${more}`;
  const push = "{ push: { branches: [main] } }";
  const night = '{ schedule: [{ cron: "0 3 * * *" }] }';
  const other = "  other: { runs-on: x, concurrency: two, steps: [{ run: npm test }] }";
  const cases: Record<string, readonly [string, string]> = {
    "one of them cancels": [workflow(push, "{ group: one, cancel-in-progress: true }"), workflow(night, "two")],
    "somebody else is in the group": [workflow(push, "one"), workflow(night, "two", other)],
  };
  for (const [name, [a, b]] of Object.entries(cases)) {
    test(name, () => {
      const { findings } = repairOf({ "a.yml": `name: A\n${a}`, "b.yml": `name: B\n${b}` });
      const shared = findings.filter(({ rule }) => rule === "shared-target-no-shared-group");
      assert.equal(shared.length, 1);
      assert.equal(shared[0]!.edits, undefined);
    });
  }
});

function repairOf(files: Readonly<Record<string, string>>) {
  const texts = new Map(Object.entries(files).map(([name, text]) => [`.github/workflows/${name}`, text]));
  const repository = readTexts(texts, { defaultBranch: "main" });
  const findings = check(githubFacts(repository), { simulator: createSimulator(repository) });
  return { findings, ...applyEdits(findings, repository.sources) };
}

function rulesIn(texts: ReadonlyMap<string, string>): string[] {
  const repository = readTexts(texts, { defaultBranch: "main" });
  return check(githubFacts(repository), { simulator: createSimulator(repository) }).map(({ rule }) => rule);
}

function comments(text: string): string[] {
  return text.match(/#.*$/gm) ?? [];
}

test("a guard that another event needs as it is, is left alone", () => {
  const deploy = (on: string) => `name: Deploy
on:${on}
jobs:
  deploy:
    if: github.event.workflow_run.conclusion != 'failure'
    runs-on: ubuntu-latest
    concurrency: shop
    env: { AWS_ACCESS_KEY_ID: "\${{ secrets.AWS_ACCESS_KEY_ID }}" }
    steps: [{ run: aws s3 sync dist s3://shop }]
`;
  const ci =
    "name: CI\non: { push: { branches: [main] } }\njobs:\n  test: { runs-on: ubuntu-latest, steps: [{ run: npm test }] }\n";
  const after = " { workflow_run: { workflows: [CI], types: [completed], branches: [main] }";
  const repaired = (on: string) => repairOf({ "ci.yml": ci, "deploy.yml": deploy(on) }).texts.size;
  assert.deepEqual([repaired(`${after} }`), repaired(`${after}, schedule: [{ cron: "0 3 * * *" }] }`)], [1, 0]);
});
