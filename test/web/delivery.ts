/** A small delivery with everything that the pages show: two pipelines, an approval, legs, and a job that can be made to fail. */
const workflow = (name: string, path: string, steps: string) => `name: "${name}"
on: { push: { branches: [main], paths: ["${path}/**"] } }
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    concurrency: ${path}
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@v4
      - run: ${steps}
`;

export const files = {
  ".github/workflows/infra.yml": workflow("<img src=x onerror=alert(1)>", "infra", "terraform apply -auto-approve"),
  ".github/workflows/site.yml": workflow("javascript:alert(1)", "site", "aws s3 sync dist s3://site --delete"),
  ".gitignore": ".baton\n",
  "api/health": "good\n",
  "web/page": "hello\n",
  "baton.yaml": `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: { reviewers: [release-managers], message: "Mind the <b>budget</b>" } }
pipelines:
  api:
    paths: ["api/**"]
    jobs:
      test: { per: release, matrix: { part: ["1", "2"] }, steps: ["seq 1 40"] }
      deploy:
        needs: [test]
        deploys: true
        steps:
          - { name: "Roll out", run: "seq 1 60" }
          - name: "Health check"
            run: |
              if [ "$(cat api/health)" != good ]; then
                printf '\\033[31mError:\\033[0m <script>alert(1)</script> refused\\n' >&2
                exit 3
              fi
  web:
    needs: [api]
    paths: ["web/**"]
    jobs:
      deploy: { deploys: true, steps: ["echo uploaded"] }
`,
};
