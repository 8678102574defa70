import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { checkFolder, lines } from "./cases.ts";

/** What people do with a text of the help: the file, what stands there, and what takes its place. */
interface Followed {
  readonly rule: string;
  readonly file: string;
  /** Which of the texts in `code` or "quotes" of the help is meant. */
  readonly take?: number;
  readonly from: string;
  /** With the text of the help, or the sentence of the help that says the same in words. */
  readonly to: string | ((code: string) => string);
  readonly says?: RegExp;
}

/** Findings that have an edit are repaired by `fix.test.ts`. */
const followed: readonly Followed[] = [
  {
    rule: "always-deploy",
    file: ".github/workflows/delivery.yml",
    take: 0,
    from: "always()",
    to: (code) => code,
  },
  {
    rule: "always-deploy",
    file: ".github/workflows/delivery.yml",
    take: 1,
    from: "always() && github.ref == 'refs/heads/main'",
    to: (code) => code,
  },
  {
    rule: "app-order-on-one-event",
    file: ".github/workflows/deploy.yml",
    take: 1,
    from: "  deploy:\n",
    to: (code) => `  deploy:\n    needs: ${code}\n`,
  },
  {
    rule: "caller-name-in-reusable-group",
    file: ".github/workflows/deploy.yml",
    from: "${{ github.workflow }}-",
    to: "deploy-",
    says: /Replace `github\.workflow` in this group by a fixed name, e\.g\. deploy/,
  },
  {
    rule: "cancel-in-progress-on-deploy",
    file: ".github/workflows/infra.yml",
    take: 1,
    from: "cancel-in-progress: true",
    to: (code) => `cancel-in-progress: ${code}`,
  },
  {
    rule: "concurrent-version-pushes",
    file: ".github/workflows/release.yml",
    take: 1,
    from: "      - run: git push",
    to: (code) => `      - run: ${code}\n      - run: git push`,
  },
  {
    rule: "continue-on-error-hollows-gate",
    file: ".github/workflows/delivery.yml",
    from: "    continue-on-error: true\n",
    to: "",
    says: /Remove continue-on-error from the job/,
  },
  {
    rule: "deploys-any-branch",
    file: ".github/workflows/deploy.yml",
    take: 0,
    from: "push: { ",
    to: (code) => `push: { ${code}, `,
  },
  {
    rule: "dispatch-target-mismatch",
    file: ".github/workflows/release.yml",
    take: 0,
    from: "enviroment",
    to: (code) => code,
  },
  {
    rule: "env-order-skipped",
    file: ".github/workflows/delivery.yml",
    take: 1,
    from: "  deploy-production:\n    needs: test",
    to: (code) => `  deploy-production:\n    needs: ${code}`,
  },
  {
    rule: "missing-needs",
    file: ".github/workflows/release.yml",
    take: 0,
    from: "    needs: build\n",
    to: (code) => `    needs: [build, ${code}]\n`,
  },
  ...["Admin", "API", "Web"].map((name) => ({
    rule: "over-shared-group",
    file: `.github/workflows/${name.toLowerCase()}.yml`,
    take: 0,
    from: "",
    to: (code: string) => code,
  })),
  {
    rule: "pending-deploy-dropped",
    file: ".github/workflows/deploy.yml",
    take: 0,
    from: "concurrency: deploy",
    to: (code) => `concurrency:\n  group: deploy\n  ${code}`,
  },
  {
    rule: "push-and-workflow-run-both",
    file: ".github/workflows/deploy.yml",
    from: "  push:\n    branches: [main]\n",
    to: "",
    says: /remove `push` and guard the workflow_run/,
  },
  {
    rule: "ref-test-never-true-under-workflow-run",
    file: ".github/workflows/report.yml",
    take: 0,
    from: "github.ref == 'refs/heads/develop'",
    to: (code) => `${code} == 'develop'`,
  },
  {
    rule: "skip-propagation-blocks-deploy",
    file: ".github/workflows/delivery.yml",
    take: 0,
    from: "if: github.event_name == 'push'",
    to: (code) => `if: ${code.replace(" }}", " && github.event_name == 'push' }}")}`,
  },
  {
    rule: "untrusted-checkout-in-privileged-run",
    file: ".github/workflows/coverage.yml",
    take: 0,
    from: "github.event.workflow_run.head_branch == 'main'",
    to: (code) => `github.event.workflow_run.head_branch == 'main' && ${code}`,
  },
  {
    rule: "workflow-run-group-by-ref",
    file: ".github/workflows/comment.yml",
    take: 0,
    from: "${{ github.ref }}",
    to: (code) => `\${{ ${code} }}-\${{ github.event.workflow_run.head_repository.full_name }}`,
  },
  {
    rule: "aggregate-gate-accepts-skipped",
    file: ".github/workflows/ci.yml",
    take: 0,
    from: "needs: [test]",
    to: (code) => `needs: [test, ${code}]`,
  },
  {
    rule: "impossible-branch-filter",
    file: ".github/workflows/report.yml",
    from: "    branches: [develop]\n",
    to: "",
    says: /or remove the filter/,
  },
  {
    rule: "immutable-name-collision",
    file: ".github/workflows/build.yml",
    from: "name: program",
    to: "name: program-${{ matrix.target }}",
    says: /Put the matrix into the name/,
  },
  {
    rule: "called-workflow-waits-for-caller",
    file: ".github/workflows/ci.yml",
    from: "${{ github.workflow }}-",
    to: "tests-",
    says: /Give the inner group a name of its own/,
  },
  {
    rule: "env-mislabelled",
    file: ".github/workflows/deploy.yml",
    from: "--stage staging",
    to: "--stage production",
    says: /Write the same environment in both places/,
  },
  {
    rule: "latest-successful-artifact",
    file: ".github/workflows/deploy.yml",
    take: 1,
    from: "          name: site\n",
    to: (code) => `          name: site\n          ${code}\n`,
  },
  {
    rule: "artifact-never-uploaded",
    file: ".github/workflows/build.yml",
    from: "site-dists",
    to: "site-dist",
    says: /or download what is uploaded/,
  },
  {
    rule: "expired-artifact-promotion",
    file: ".github/workflows/build.yml",
    from: "retention-days: 1",
    to: "retention-days: 60",
    says: /Keep it at least as long as a promotion or a rollback may take/,
  },
  {
    rule: "trigger-misses-consumer",
    file: "delivery.yml",
    from: '["infrastructure/**"]',
    to: '["infrastructure/**", "infra/network.yml"]',
    says: /Add a pattern for infra\/network\.yml/,
  },
  {
    rule: "same-run-order-race",
    file: "delivery.yml",
    from: "            - Name: InvalidateCache\n",
    to: "            - Name: InvalidateCache\n              RunOrder: 2\n",
    says: /Give "InvalidateCache" the run order 2/,
  },
  {
    rule: "superseded-approval",
    file: "delivery.yml",
    from: "      PipelineType: V2\n",
    to: "      PipelineType: V2\n      ExecutionMode: QUEUED\n",
    says: /set the execution mode QUEUED \(pipeline type V2\)/,
  },
  {
    rule: "unknown-provider-or-key",
    file: "delivery.yml",
    from: "Stackname",
    to: "StackName",
    says: /It is spelt StackName\./,
  },
];

describe("whoever does what the help says finds nothing any more, and GitHub's parser takes the file", () => {
  const byRule = Map.groupBy(followed, ({ rule, take, from }) =>
    from === "" ? rule : `${rule} ${take ?? "in words"}`,
  );
  for (const [index, [name, all]] of [...byRule].entries()) {
    // Each looks through two repositories.
    test(name, index % 5 === 0 ? {} : fullDepth(), async () => {
      const [{ rule }] = all as [Followed, ...Followed[]];
      const folder = join(import.meta.dirname, "err", rule, "example");
      const { help } = (await checkFolder(folder)).findings[0]!;
      const copy = mkdtempSync(join(tmpdir(), "baton-help-"));
      try {
        cpSync(folder, copy, { recursive: true });
        for (const each of all) apply(copy, help, each);
        assert.equal(lines((await checkFolder(copy)).findings), "");
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    });
  }
});

function apply(copy: string, help: string, { file, take, from, to, says }: Followed): void {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  const codes = Array.from(help.matchAll(/`([^`]+)`|"([^"]+)"/g), ([, code, name]) => code ?? name!);
  if (says) assert.match(help, says);
  const code = take === undefined ? "" : codes[take];
  assert.ok(code !== undefined, `text ${take} of "${help}"`);
  const put = typeof to === "string" ? to : to(code);
  const anew =
    from === ""
      ? text.replace(/concurrency: (\w+)/, (_, group: string) => `concurrency: { group: ${group}, ${put} }`)
      : text.replace(from, () => put);
  assert.notEqual(anew, text, `${file} has ${JSON.stringify(from)}`);
  writeFileSync(path, anew);
}

test("help that does not help is seen", async () => {
  const folder = join(import.meta.dirname, "err/always-deploy/example");
  const copy = mkdtempSync(join(tmpdir(), "baton-help-"));
  try {
    cpSync(folder, copy, { recursive: true });
    const wrong: Followed = {
      rule: "always-deploy",
      file: ".github/workflows/delivery.yml",
      take: 0,
      from: "always()",
      to: (code) => code,
    };
    apply(copy, "Test the result: `always() && needs.test.result != 'cancelled'`.", wrong);
    assert.notEqual(lines((await checkFolder(copy)).findings), "");
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
