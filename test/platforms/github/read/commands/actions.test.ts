import assert from "node:assert/strict";
import { test } from "node:test";
import { accesses } from "./describe.ts";

const cases: Readonly<Record<string, string[]>> = {
  "{ uses: actions/upload-artifact@v4, with: { path: dist } }": [
    "actions/upload-artifact: write artifact [artifact] by default token hand-off",
  ],
  '{ uses: actions/upload-artifact@v7, with: { archive: "false", name: site, path: /tmp/out/site.tar.gz } }': [
    "actions/upload-artifact: write artifact [site.tar.gz] by default token hand-off",
  ],
  '{ uses: actions/upload-artifact@v7, with: { archive: "false", path: "out/*.vsix" } }': [
    "actions/upload-artifact: write artifact […] by default token hand-off",
  ],
  "{ uses: actions/download-artifact@v4, with: { name: web-${{ matrix.x }} } }": [
    `actions/download-artifact: read artifact [web-\${{ matrix.x }}] hand-off`,
  ],
  "{ uses: actions/download-artifact@v4, with: { run-id: ${{ github.event.workflow_run.id }}, github-token: ${{ github.token }} } }":
    [
      `actions/download-artifact: read artifact [] of run \${{ github.event.workflow_run.id }} by default token hand-off`,
    ],
  "{ uses: dawidd6/action-download-artifact@v6, with: { workflow: ci.yml, name: site, branch: main } }": [
    "dawidd6/action-download-artifact: read artifact [site] latest successful of main by default token hand-off",
  ],
  "{ uses: dawidd6/action-download-artifact@v6, with: { workflow: ci.yml, workflow_conclusion: completed } }": [
    "dawidd6/action-download-artifact: read artifact [] latest any by default token hand-off",
  ],
  "{ uses: dawidd6/action-download-artifact@v6, with: { commit: ${{ github.sha }} } }": [
    `dawidd6/action-download-artifact: read artifact [] of commit \${{ github.sha }} by default token hand-off`,
  ],
  "{ uses: actions/deploy-pages@v4 }": [
    "actions/deploy-pages: read artifact [github-pages] hand-off",
    "actions/deploy-pages: write site [github-pages] by default token deploy",
  ],
  "{ uses: actions/cache@v4, with: { path: x, key: k } }": [
    "actions/cache: read cache [k] latest any by default token hand-off",
    "actions/cache: write cache [k] by default token hand-off",
  ],
  "{ uses: actions/checkout@v4 }": ["actions/checkout: read source [] by default token"],
  "{ uses: actions/checkout@v4, with: { ref: main } }": [
    "actions/checkout: read source [main] tip of main by default token",
  ],
  "{ uses: actions/checkout@v4, with: { ref: ${{ github.event.workflow_run.head_sha }} } }": [
    `actions/checkout: read source [\${{ github.event.workflow_run.head_sha }}] of commit \${{ github.event.workflow_run.head_sha }} by default token`,
  ],
  "{ uses: actions/checkout@v4, with: { ref: ${{ github.event.workflow_run.head_branch }} } }": [
    `actions/checkout: read source [\${{ github.event.workflow_run.head_branch }}] tip of \${{ github.event.workflow_run.head_branch }} by default token`,
  ],
  "{ uses: actions/checkout@v4, with: { ref: ${{ github.event.repository.default_branch }} } }": [
    `actions/checkout: read source [\${{ github.event.repository.default_branch }}] tip of the default branch by default token`,
  ],
  "{ uses: actions/checkout@v4, with: { ref: ${{ inputs.ref }} } }": [
    `actions/checkout: read source [\${{ inputs.ref }}] of unknown version by default token`,
  ],
  "{ uses: docker/build-push-action@v6, with: { push: true, tags: 'a/b:1, a/b:latest' } }": [
    "docker/build-push-action: write image [a/b:1] publish",
    "docker/build-push-action: write image [a/b:latest] publish",
  ],
  "{ uses: docker/build-push-action@v6, with: { tags: 'a/b:1' } }": [],
  "{ uses: docker/build-push-action@v6, with: { push: ${{ github.event_name != 'pull_request' }}, tags: x:1 } }": [
    "docker/build-push-action: write image [x:1] publish",
  ],
  "{ uses: softprops/action-gh-release@v2, with: { tag_name: v1 } }": [
    "softprops/action-gh-release: write release [v1] by default token publish",
    "softprops/action-gh-release: write git-tag [v1] by default token hand-off",
  ],
  "{ uses: softprops/action-gh-release@v2, with: { tag_name: v1, draft: true } }": [
    "softprops/action-gh-release: write release [v1] by default token hand-off",
  ],
  "{ uses: googleapis/release-please-action@v4, with: { token: ${{ secrets.RELEASE_TOKEN }} } }": [
    `googleapis/release-please-action: write release [] by \${{ secrets.RELEASE_TOKEN }} publish`,
    `googleapis/release-please-action: write git-tag [] by \${{ secrets.RELEASE_TOKEN }} hand-off`,
    `googleapis/release-please-action: write source [release-please] by \${{ secrets.RELEASE_TOKEN }} hand-off`,
  ],
  "{ uses: googleapis/release-please-action@v4, with: { token: ${{ secrets.PAT || github.token }} } }": [
    "googleapis/release-please-action: write release [] by unknown token publish",
    "googleapis/release-please-action: write git-tag [] by unknown token hand-off",
    "googleapis/release-please-action: write source [release-please] by unknown token hand-off",
  ],
  "{ uses: changesets/action@v1, env: { GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }} } }": [
    "changesets/action: write source [changeset-release] by default token hand-off",
  ],
  "{ uses: stefanzweifel/git-auto-commit-action@v5 }": [
    "stefanzweifel/git-auto-commit-action: write source [] by unknown token hand-off",
  ],
  "{ uses: ad-m/github-push-action@v0.8.0, with: { branch: main, github_token: ${{ secrets.PAT }} } }": [
    `ad-m/github-push-action: write source [main] by \${{ secrets.PAT }} hand-off`,
  ],
  "{ uses: peaceiris/actions-gh-pages@v4, with: { publish_dir: x } }": [
    "peaceiris/actions-gh-pages: write site [gh-pages] by default token deploy",
  ],
  "{ uses: pypa/gh-action-pypi-publish@release/v1 }": [
    "pypa/gh-action-pypi-publish: write package [] by default token publish",
  ],
  "{ uses: peter-evans/repository-dispatch@v3, with: { event-type: go, repository: a/b, token: ${{ secrets.PAT }} } }":
    [`peter-evans/repository-dispatch: dispatch event go in a/b by \${{ secrets.PAT }}`],
  '{ uses: benc-uk/workflow-dispatch@v1, with: { workflow: d.yml, ref: main, wait-for-completion: false, inputs: \'{ "env": "x" }\' } }':
    ["benc-uk/workflow-dispatch: dispatch d.yml@main with env=… by default token"],
  "{ uses: convictional/trigger-workflow-and-wait@v1, with: { repo: infra, workflow_file_name: d.yml, github_token: ${{ secrets.PAT }} } }":
    [
      `convictional/trigger-workflow-and-wait: dispatch d.yml in infra by \${{ secrets.PAT }}`,
      "convictional/trigger-workflow-and-wait: wait for workflow d.yml",
    ],
  "{ uses: lewagon/wait-on-check-action@v1, with: { ref: ${{ github.sha }}, check-name: test } }": [
    "lewagon/wait-on-check-action: wait for check test",
  ],
  "{ uses: fountainhead/action-wait-for-check@v1, with: { checkName: test } }": [
    "fountainhead/action-wait-for-check: wait for check test whatever it yields",
  ],
  "{ uses: slackapi/slack-github-action@v2 }": ["slackapi/slack-github-action: notify"],
  "{ uses: nick-fields/retry@v3, with: { timeout_minutes: 1, max_attempts: 2, command: npm publish } }": [
    "npm publish: write package [] publish",
  ],
  "{ uses: superfly/flyctl-actions@1.5, with: { args: deploy -a shop } }": [
    "flyctl deploy: write service [shop] deploy",
  ],
  "{ uses: cloudflare/wrangler-action@v3 }": ["wrangler deploy: write service [] deploy"],
  "{ uses: cloudflare/wrangler-action@v3, with: { command: pages deploy dist --project-name=shop } }": [
    "wrangler pages deploy: write site [shop] deploy",
  ],
  "{ uses: pulumi/actions@v6, with: { command: preview, stack-name: dev } }": [],
  "{ uses: pulumi/actions@v6, with: { command: up, stack-name: dev } }": [
    "pulumi/actions: write stack [dev] by default token deploy",
  ],
  "{ uses: azure/webapps-deploy@v3, with: { app-name: shop, slot-name: staging } }": [
    "azure/webapps-deploy: write service [shop/staging] by default token deploy",
  ],
  "{ uses: someone/deploy-to-moon@v1 }": ["someone/deploy-to-moon: write service [someone/deploy-to-moon] deploy"],
  "{ uses: actions/setup-node@v4 }": [],
  "{ uses: someone/check-deployment@v1 }": [],
};

test("well-known actions", () => {
  for (const [step, expected] of Object.entries(cases)) assert.deepEqual(accesses(`- ${quoted(step)}`), expected, step);
});

/** Expressions inside of flow maps need quotes. */
function quoted(step: string): string {
  return step.replace(/(: )(\$\{\{[^}]*\}\}|web-\$\{\{[^}]*\}\})/g, '$1"$2"');
}

test("calls of the API in JavaScript", () => {
  const script = (code: string) =>
    accesses(`- uses: actions/github-script@v7\n  with:\n    script: |\n${code.replace(/^/gm, "      ")}`);
  assert.deepEqual(
    script(`await github.rest.actions.createWorkflowDispatch({
  owner: context.repo.owner, repo: context.repo.repo,
  workflow_id: 'deploy.yml', ref: "main",
  inputs: { env: '\${{ inputs.env }}', tag: context.sha },
});`),
    [`actions/github-script: dispatch deploy.yml@main with env=\${{ inputs.env }} tag=… by default token`],
  );
  assert.deepEqual(
    script("github.rest.git.createRef({ ...context.repo, ref: `refs/tags/v$" + "{x}`, sha: context.sha })"),
    ["actions/github-script: write git-tag [v…] by default token hand-off"],
  );
  assert.deepEqual(
    script(`const all = await github.rest.actions.listWorkflowRunArtifacts({
  owner: context.repo.owner, repo: context.repo.repo,
  run_id: context.payload.workflow_run.id,
});
await github.rest.actions.downloadArtifact({ artifact_id: all.data.artifacts[0].id });`),
    [`actions/github-script: read artifact […] of run \${{ github.event.workflow_run.id }} by default token hand-off`],
  );
  assert.deepEqual(script("github.rest.repos.createDispatchEvent({ owner: 'a', repo: 'b', event_type: 'go' })"), [
    "actions/github-script: dispatch event go in b by default token",
  ]);
  assert.deepEqual(script("console.log('createRelease')"), []);
});

test("steps of local actions act in the job that uses them", () => {
  const action = `name: X
inputs: { env: { default: dev } }
runs:
  using: composite
  steps:
    - run: git push
      shell: bash
    - run: ./deploy.sh \${{ inputs.env }}
      shell: bash
`;
  const steps = `- { uses: actions/checkout@v4, with: { token: "\${{ secrets.PAT }}" } }\n- uses: ./act`;
  assert.deepEqual(accesses(steps, "", { "act/action.yml": action }).slice(1), [
    `git push: write source [] by \${{ secrets.PAT }} hand-off`,
    `deploy.sh: write service [./deploy.sh \${{ inputs.env }}] deploy`,
  ]);
});

test("actions that use each other without end are stopped", () => {
  const self = `name: X\nruns:\n  using: composite\n  steps:\n${"    - uses: ./act\n".repeat(8)}`;
  assert.deepEqual(accesses("- uses: ./act", "", { "act/action.yml": self }), []);
});

test("a tool of one's own deploys where its first word says so and the job has signed in", () => {
  const command = "- run: deployer deploy-hub prod shop; echo deploy; deployer plan";
  const deploys = ["deploy-hub: write service [deployer deploy-hub prod shop] deploy"];
  assert.deepEqual(accesses(`- uses: google-github-actions/auth@v3\n${command}`), deploys);
  assert.deepEqual(accesses(command), []);
});

test("images that docker/metadata-action has named are pushed under those names", () => {
  const pushed = (rules: string, more = ""): string[] =>
    accesses(`- id: Names
  uses: docker/metadata-action@v5
  with:
    images: |
      # where they go
      ghcr.io/a/shop
      name=docker.io/a/shop,enable=false
${more.replace(/^(?=.)/gm, "    ")}
    tags: |
${rules.replace(/^/gm, "      ")}
- uses: docker/build-push-action@v6
  with: { push: true, tags: "\${{ steps.Names.outputs.tags }}" }`).map((line) => /\[(.*)\]/.exec(line)![1]!);
  assert.deepEqual(
    pushed("type=ref,event=branch\ntype=ref,event=pr\ntype=raw,value=latest,enable={{is_default_branch}}"),
    [`ghcr.io/a/shop:\${{ github.ref_name }}`, "ghcr.io/a/shop:latest"],
  );
  assert.deepEqual(pushed(`type=sha,format=long,prefix=\ntype=raw,value=\${{ inputs.tag }},priority=1\nstable`), [
    `ghcr.io/a/shop:\${{ github.sha }}`,
    `ghcr.io/a/shop:\${{ inputs.tag }}`,
    "ghcr.io/a/shop:stable",
  ]);
  assert.deepEqual(pushed("type=semver,pattern={{version}}\ntype=raw,value=x,enable=false", "flavor: latest=true"), [
    "ghcr.io/a/shop:…",
    "ghcr.io/a/shop:latest",
  ]);
  const without =
    '- uses: docker/build-push-action@v6\n  with: { push: true, tags: "${{ steps.other.outputs.tags }}" }';
  assert.deepEqual(accesses(without), [
    `docker/build-push-action: write image [\${{ steps.other.outputs.tags }}] publish`,
  ]);
});
