/** Workflows that together use everything the reader knows; mutations start from them. */

const triggers = `name: All triggers
run-name: Deploy \${{ inputs.env || github.ref_name }} by @\${{ github.actor }}
on:
  push:
    branches: [main, 'release/**', '!release/old']
    tags-ignore: ['v*']
    paths:
      - src/**
      - '!src/docs/**'
  pull_request:
    types: [opened, synchronize]
    branches-ignore: &ignored [dependabot/**]
  workflow_run:
    workflows: [CI, "Build & test"]
    types: [completed]
    branches: *ignored
  workflow_call:
    inputs:
      env: { type: string, required: true, default: dev }
      dry: { type: boolean, default: "\${{ github.event_name == 'push' }}" }
    secrets:
      token: { required: true }
    outputs:
      url: { value: "\${{ jobs.deploy.outputs.url }}" }
  workflow_dispatch:
    inputs:
      env: { type: choice, options: [dev, test, prod] }
  schedule: [{ cron: '0 3 * * 1-5' }]
  release: { types: [published] }
  repository_dispatch: { types: [go] }
permissions: { contents: read, id-token: write }
env:
  STAGE: \${{ inputs.env }}
defaults: { run: { shell: bash, working-directory: infra } }
concurrency: { group: "deploy-\${{ github.ref }}", cancel-in-progress: "\${{ github.ref != 'refs/heads/main' }}" }
jobs:
  deploy:
    runs-on: ubuntu-latest
    outputs: { url: "\${{ steps.out.outputs.url }}" }
    steps: [{ id: out, run: 'echo url=x >> "$GITHUB_OUTPUT"' }]
`;

const jobs = `name: Jobs
on: [push, pull_request]
jobs:
  build:
    runs-on: \${{ matrix.os }}
    strategy:
      fail-fast: false
      max-parallel: 2
      matrix:
        os: [ubuntu-latest, windows-latest]
        node: [20, 22]
        include:
          - { os: ubuntu-latest, node: 24, experimental: true }
        exclude:
          - { os: windows-latest, node: 20 }
    continue-on-error: \${{ matrix.experimental == true }}
    timeout-minutes: 30
    services:
      db: { image: "postgres:16", env: { POSTGRES_PASSWORD: x } }
    container: node:22
    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 }
      - uses: actions/upload-artifact@v4
        with: { name: "dist-\${{ matrix.os }}-\${{ matrix.node }}", path: dist }
  gate:
    needs: [build]
    if: always() && !contains(needs.*.result, 'failure')
    runs-on: [self-hosted, linux]
    steps:
      - run: exit 0
  deploy:
    needs: gate
    if: \${{ github.ref == 'refs/heads/main' && needs.gate.result == 'success' }}
    environment: { name: production, url: "https://\${{ steps.d.outputs.host }}" }
    concurrency: { group: prod, queue: max }
    runs-on: { group: deployers, labels: [linux] }
    permissions: write-all
    steps:
      - uses: actions/download-artifact@v4
        with: { pattern: dist-*, merge-multiple: true, run-id: "\${{ github.event.workflow_run.id }}", github-token: "\${{ github.token }}" }
      - name: Deploy
        id: d
        if: \${{ !cancelled() }}
        env: { AWS_REGION: eu-west-1 }
        working-directory: web
        run: |
          set -euo pipefail
          URL=$(aws ssm get-parameter --name "/app/$STAGE/url" --query Parameter.Value --output text)
          aws s3 sync dist "s3://\${{ vars.BUCKET }}/$GITHUB_SHA" --delete
          if [ "$X" = 1 ]; then
            terraform -chdir=infra apply -auto-approve
          fi
          cat <<EOF > b.hcl
          key = "\${{ inputs.env }}/x"
          EOF
          docker push ghcr.io/acme/web:\${{ github.sha }} && gh workflow run e2e.yml -f url="$URL"
          git tag "v\${{ github.run_number }}" && git push origin --tags
  call:
    needs: [deploy]
    uses: ./.github/workflows/called.yml
    with: { env: prod }
    secrets: inherit
  remote:
    uses: acme/flows/.github/workflows/x.yml@v1
    secrets: { token: "\${{ secrets.T }}" }
`;

const called = `on:
  workflow_call:
    inputs: { env: { type: string, required: true } }
jobs:
  a:
    runs-on: ubuntu-latest
    env: &env
      A: 1
      B: "\${{ format('{0}-{1}', inputs.env, github.sha) }}"
    steps: &steps
      - uses: ./.github/actions/act
      - uses: docker/build-push-action@v6
        with:
          push: \${{ github.event_name != 'pull_request' }}
          tags: |
            acme/web:latest
            acme/web:\${{ github.sha }}
      - uses: actions/github-script@v7
        with:
          script: |
            await github.rest.actions.createWorkflowDispatch({
              owner: context.repo.owner, repo: context.repo.repo, workflow_id: 'x.yml', ref: 'main',
              inputs: { env: '\${{ inputs.env }}' },
            });
  b:
    runs-on: ubuntu-latest
    env: *env
    steps: *steps
`;

const action = `name: Act
description: x
inputs:
  env: { description: e, required: false, default: dev }
outputs:
  url: { description: u, value: "\${{ steps.x.outputs.url }}" }
runs:
  using: composite
  steps:
    - id: x
      shell: bash
      run: ./deploy.sh \${{ inputs.env }}
`;

/** Files by path. */
export const seeds: Readonly<Record<string, string>> = {
  ".github/workflows/triggers.yml": triggers,
  ".github/workflows/jobs.yml": jobs,
  ".github/workflows/called.yml": called,
  ".github/actions/act/action.yml": action,
};
