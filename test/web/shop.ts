/** The delivery that the pictures show, and its past: what was committed, run, promoted and taken back, in order. */

const slowly = (seconds: number, more: string) => `sleep ${seconds}; ${more}`;

/** What some of it was deployed with before, which is still there: `check` finds what goes wrong with it. */
const workflow = (name: string, job: string, steps: string) => `name: ${name}
on: { push: { branches: [main], paths: ["${name.toLowerCase()}/**"] } }
jobs:
  ${job}:
    runs-on: ubuntu-latest
    environment: production
    concurrency: ${name.toLowerCase()}-production
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@v4
${steps}`;

export const shop = {
  ".github/workflows/infra.yml": workflow(
    "Infra",
    "apply",
    "      - run: terraform apply -auto-approve\n        working-directory: infra\n",
  ),
  ".github/workflows/admin.yml": workflow(
    "Admin",
    "deploy",
    "      - run: aws s3 sync admin s3://shop-admin --delete\n",
  ),
  ".gitignore": ".baton\n",
  "infra/main.tf": "one\n",
  "api/app": "one\n",
  "api/health": "good\n",
  "web/page": "one\n",
  "admin/page": "one\n",
  "baton.yaml": `name: storefront
environments:
  dev: { branch: main }
  test: { after: dev, branch: main }
  prod: { after: test, branch: main, approval: { reviewers: [release-managers], message: "The sale begins on Friday" } }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { bucket: { type: string, job: apply }, api_url: { type: url, job: apply } }
    jobs:
      plan: { per: release, steps: ["${slowly(0.3, "seq 1 20")}"] }
      apply:
        needs: [plan]
        deploys: true
        steps:
          - name: Apply
            run: |
              sleep 0.5
              echo "bucket=shop-$BATON_ENVIRONMENT-$(cat infra/main.tf)" >> "$BATON_OUTPUT"
              echo "api_url=https://api.$BATON_ENVIRONMENT.example.com" >> "$BATON_OUTPUT"
  api:
    needs: [infra]
    paths: ["api/**"]
    jobs:
      test: { per: release, matrix: { part: ["1", "2", "3"] }, steps: ["${slowly(0.5, "seq 1 40")}"] }
      package: { per: release, needs: [test], steps: ["mkdir -p out; cp api/app out/app"], artifacts: { app: out } }
      deploy:
        needs: [package]
        deploys: true
        steps:
          - name: Roll out
            run: |
              for n in 1 2 3 4 5 6; do printf '\\033[32m✓\\033[0m api-%s: 3 of 3 tasks run the new version\\n' "$n"; done
              sleep 0.4
          - name: Health check
            run: |
              echo "GET https://api.$BATON_ENVIRONMENT.example.com/health"
              if [ "$(cat api/health)" != good ]; then
                printf '\\033[31mError:\\033[0m 503 after 5 attempts: the database does not answer\\n' >&2
                exit 3
              fi
              printf '\\033[32m200\\033[0m healthy\\n'
  web:
    needs: [api]
    paths: ["web/**"]
    jobs:
      build: { per: release, steps: ["mkdir -p dist; cp web/page dist/index.html"], artifacts: { dist: dist } }
      deploy: { needs: [build], deploys: true, steps: ["${slowly(0.3, "echo uploaded")}"] }
  admin:
    needs: [infra]
    paths: ["admin/**"]
    jobs:
      deploy: { deploys: true, steps: ["echo uploaded"] }
`,
};

export type Happening =
  | { commit: string; author: string; files: Record<string, string> }
  | { baton: readonly string[]; ends: number };

const baton = (words: string, ...more: string[]): Happening => ({ baton: [...words.split(" "), ...more], ends: 0 });

export const past: readonly Happening[] = [
  { commit: "The shop opens", author: "Web team", files: {} },
  baton("run --to prod --yes"),
  { commit: "Baskets are kept for a week", author: "API team", files: { "api/app": "two\n" } },
  { commit: "A calmer front page", author: "Web team", files: { "web/page": "two\n" } },
  baton("run --to test"),
  baton("promote --to prod --yes"),
  { commit: "A bucket for receipts", author: "Infra team", files: { "infra/main.tf": "two\n" } },
  { commit: "Prices are asked for once", author: "API team", files: { "api/app": "three\n" } },
  baton("run --to test"),
  baton("promote --to prod --yes"),
  baton("rollback prod --yes --comment", "Receipts were sent twice"),
  { commit: "The footer names the shop", author: "Web team", files: { "web/page": "three\n" } },
  baton("run --to prod"),
  { commit: "Health checks ask the database", author: "API team", files: { "api/health": "bad\n" } },
  { baton: ["run", "--to", "dev"], ends: 1 },
];
