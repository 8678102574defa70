import assert from "node:assert/strict";
import { test } from "node:test";
import { locationOf } from "../../../../../src/findings/source.ts";
import { accesses, rawAccesses, scriptAccesses } from "./describe.ts";

/** Scripts with the accesses they have; an empty list for what must stay silent. */
const cases: Readonly<Record<string, string[]>> = {
  // Infrastructure
  "terraform -chdir=infra apply -auto-approve": ["terraform apply: write terraform-state [infra] deploy"],
  "cd infra/prod\nterraform plan -out=p": ["terraform plan: read terraform-state [infra/prod] latest any"],
  'terraform init -backend-config="key=web/$STAGE" -backend-config bucket=tf\nterraform destroy': [
    "terraform destroy: replace terraform-state [tf web/$STAGE] destroy",
  ],
  "tofu workspace select prod && tofu apply": ["tofu apply: write terraform-state [prod] deploy"],
  "terragrunt run-all apply --terragrunt-working-dir live/prod": [
    "terragrunt apply: write terraform-state [live/prod] deploy",
  ],
  "terraform fmt -check; terraform validate; terraform init": [],
  "npx cdk deploy Web --require-approval never": ["cdk deploy: write stack [Web] deploy"],
  "npx sls deploy --stage=prod": ["sls deploy: write stack [prod] deploy"],
  "pulumi up --yes --stack acme/prod": ["pulumi up: write stack [acme/prod] deploy"],
  "aws cloudformation deploy --template-file t.yml --stack-name web-$ENV": [
    "aws cloudformation deploy: write stack [web-$ENV] deploy",
  ],
  "aws cloudformation deploy --stack-name web --no-execute-changeset": [],
  // Values
  'aws ssm put-parameter --name "/app/$STAGE/url" --value x --type String --overwrite': [
    "aws ssm put-parameter: write parameter [/app/$STAGE/url] hand-off",
  ],
  "URL=$(aws --region eu-west-1 ssm get-parameter --name /app/url --query Parameter.Value)": [
    "aws ssm get-parameter: read parameter [/app/url] latest any hand-off",
  ],
  "aws --endpoint-url http://localhost:4566 ssm put-parameter --name x": [],
  // Buckets
  "aws s3 sync dist s3://$BUCKET/web/ --delete": ["aws s3 sync: replace bucket [$BUCKET/web] deploy"],
  "aws s3 cp build.zip s3://artifacts/build.zip": ["aws s3 cp: write bucket [artifacts/build.zip] hand-off"],
  "aws s3 cp s3://artifacts/build.zip .": ["aws s3 cp: read bucket [artifacts/build.zip] latest any hand-off"],
  "aws s3 sync a s3://b --dryrun; aws s3 ls s3://b": [],
  // Functions, services, clusters
  "aws lambda update-function-code --function-name api --zip-file fileb://x.zip": [
    "aws lambda update-function-code: write function [api] deploy",
  ],
  "aws ecs update-service --cluster c --service web --force-new-deployment": [
    "aws ecs update-service: write service [c/web] deploy",
  ],
  "kubectl -n prod set image deployment/web web=x:$TAG": [
    "kubectl set image: write service [prod/deployment/web] deploy",
  ],
  "kubectl apply -f k8s/ --dry-run=none": ["kubectl apply: write service [k8s/] deploy"],
  "npm publish --dry-run=false": ["npm publish: write package [] publish"],
  "kubectl apply -f k8s/ --dry-run=client; kubectl get pods; kubectl rollout status d/x": [],
  "kind create cluster\nkubectl apply -f k8s/": [],
  "helm upgrade --install web ./chart -n prod --set tag=$TAG": ["helm upgrade: write service [prod/web] deploy"],
  "flyctl deploy --remote-only -a shop": ["flyctl deploy: write service [shop] deploy"],
  "gcloud run deploy web --image x --project p --region r": ["gcloud run deploy: write service [p/web] deploy"],
  "az webapp deploy --resource-group g --name shop --src-path x": ["az webapp deploy: write service [g/shop] deploy"],
  "vercel pull --yes; vercel build --prod; vercel --prod --token=$T": ["vercel: write site [vercel] deploy"],
  "firebase deploy --only hosting -P prod": ["firebase deploy: write service [prod/hosting] deploy"],
  "npx wrangler deploy --env staging": ["wrangler deploy: write service [staging] deploy"],
  "npx wrangler deploy --dry-run": [],
  // Machines
  "ssh deploy@host 'cd app && git pull'": ["ssh: write machine [deploy@host] deploy"],
  "ssh -o BatchMode=yes host true; ssh-keyscan host": [],
  "rsync -az -e ssh dist/ user@host:/var/www": ["rsync: write machine [user@host:/var/www] deploy"],
  "rsync -a src/ /tmp/copy": [],
  "scp -i key app.tgz $HOST:/srv": ["scp: write machine [$HOST:/srv] deploy"],
  "ansible-playbook -i inventory/prod site.yml": ["ansible-playbook: write service [inventory/prod/site.yml] deploy"],
  "ansible-playbook site.yml --check": [],
  // Images
  'docker build -t app:test .\nTAG=v1\ndocker push "ghcr.io/a/b:$TAG"': [
    "docker push: write image [ghcr.io/a/b:v1] publish",
  ],
  "docker buildx build --push -t a/b:latest -t a/b:$GITHUB_SHA .": [
    "docker build --push: write image [a/b:latest] publish",
    "docker build --push: write image [a/b:$GITHUB_SHA] publish",
  ],
  "docker pull a/b@sha256:abc": ["docker pull: read image [a/b] of digest sha256:abc hand-off"],
  "docker push localhost:5000/x": [],
  "skopeo copy docker://a:1 docker://b:2": [
    "skopeo copy: read image [a:1] latest any hand-off",
    "skopeo copy: write image [b:2] publish",
  ],
  // Packages
  "npm publish --access public": ["npm publish: write package [] publish"],
  "npm publish --dry-run; npm publish --registry http://localhost:4873": [],
  "cd packages/a && pnpm publish": ["pnpm publish: write package [packages/a] publish"],
  "python -m build && twine upload dist/*": ["twine upload: write package [] publish"],
  "uv publish": ["uv publish: write package [] publish"],
  "cargo publish -p core": ["cargo publish: write package [core] publish"],
  "./gradlew publish": ["publish: write package [./gradlew publish] publish"],
  // Migrations are a test's own business without an environment
  "npx prisma migrate deploy": ["prisma migrate deploy: write database []"],
  // Scripts that only their name tells about
  "./scripts/deploy.sh prod": ["deploy.sh: write service [./scripts/deploy.sh prod] deploy"],
  "make APP=web release-deploy": ["release-deploy: write service [make APP=web release-deploy] deploy"],
  "npm run deploy:staging": ["deploy:staging: write service [npm run deploy:staging] deploy"],
  "./cloud deploy staging": ["deploy: write service [./cloud deploy staging] deploy"],
  "poetry run python -m deployments": ["deployments: write service [python -m deployments] deploy"],
  "just push-image": ["push-image: write image [just push-image] publish"],
  "bash -c 'terraform apply'": ["terraform apply: write terraform-state [] deploy"],
  "make test-deploy; ./ci/prepare_deploy.sh; npm run build; ./check_deployment.py": [],
  "echo terraform apply # kubectl apply\ncat <<EOF\nhelm upgrade x y\nEOF": [],
  // Requests
  "curl -X POST https://api.render.com/deploy/srv-1?key=x": [
    "curl: write service [https://api.render.com/deploy/srv-1?key=x] deploy",
  ],
  "curl -fsSL https://example.com/install.sh | sh": [],
  "curl -X POST -d '{}' https://hooks.slack.com/services/x": ["curl: notify"],
};

test("commands in scripts", () => {
  for (const [script, expected] of Object.entries(cases)) {
    assert.deepEqual(scriptAccesses(script, "env: { AWS_ROLE_ARN: x }"), expected, script);
  }
});

test("the whole file: what a script wrote is what terraform is told", () => {
  const script = `cat > b.hcl <<EOF
bucket = "state"
key    = "\${{ inputs.env }}/x"
EOF
cd env
terraform init -backend-config=b.hcl
terraform apply`;
  assert.deepEqual(scriptAccesses(script, "env: { ARM_CLIENT_ID: x }"), [
    `terraform apply: write terraform-state [env state \${{ inputs.env }}/x] deploy`,
  ]);
});

test("folders, accounts and backends of earlier steps hold for later ones", () => {
  const steps = `
- uses: aws-actions/configure-aws-credentials@v4
  with: { role-to-assume: "\${{ vars.ROLE }}", aws-region: eu-west-1 }
- run: terraform init -backend-config=prod.hcl
- run: terraform apply
- run: terraform apply
  working-directory: other/`;
  const found = rawAccesses(steps, "defaults: { run: { working-directory: ./infra } }");
  assert.deepEqual(accesses(steps, "defaults: { run: { working-directory: ./infra } }"), [
    "terraform apply: write terraform-state [infra prod.hcl] deploy",
    "terraform apply: write terraform-state [other] deploy",
  ]);
  const details = found[0]?.kind === "resource" ? [...found[0].details.keys()] : [];
  assert.deepEqual(details, ["role", "region", "working-directory", "backend-config"]);
});

test("a migration is a deployment in a job for an environment", () => {
  const steps = "- run: npx prisma migrate deploy";
  assert.deepEqual(accesses(steps, "environment: prod"), ["prisma migrate deploy: write database [] deploy"]);
  assert.deepEqual(accesses(steps, "environment: prod\nservices: { db: { image: postgres } }"), [
    "prisma migrate deploy: write database []",
  ]);
});

test("without any sign-in, terraform is of low confidence; in a branch, of medium", () => {
  const confidence = (script: string, head: string) =>
    rawAccesses(`- run: |\n${script.replace(/^/gm, "    ")}`, head).map((access) => access.confidence);
  assert.deepEqual(confidence("terraform apply", ""), ["low"]);
  assert.deepEqual(confidence("terraform apply", "env: { ARM_CLIENT_ID: x }"), ["high"]);
  assert.deepEqual(confidence("if x; then\nnpm publish\nfi\nnpm publish", ""), ["medium", "high"]);
});

test("a command is placed where it is written", () => {
  const steps = `
- run: |
    set -e
    npm ci &&
      npm publish \\
        --access public
- run: "echo; npm publish"
- run: >
    npm
    publish`;
  const places = rawAccesses(steps).map(({ at }) => {
    const { line, column } = locationOf(at);
    return [at.source.text.slice(at.start, at.end), line, column];
  });
  assert.deepEqual(places, [
    ["npm publish \\\n              --access public", 10, 13],
    ["npm publish", 12, 21],
    [">\n          npm\n          publish\n", 13, 14],
  ]);
});

test("git pushes branches and tags with what the checkout left behind", () => {
  const pushes = (script: string, checkout = "{ uses: actions/checkout@v4 }") =>
    accesses(`- ${checkout}\n- run: |\n${script.replace(/^/gm, "    ")}`).slice(1);
  assert.deepEqual(pushes("git push"), ["git push: write source [] by default token hand-off"]);
  assert.deepEqual(pushes("git tag v1.2\ngit push origin v1.2"), [
    "git push: write git-tag [v1.2] by default token hand-off",
  ]);
  assert.deepEqual(pushes('git tag "$NEXT"\ngit push origin HEAD:main --tags -f'), [
    "git push: replace source [main] by default token hand-off",
    "git push: replace git-tag [$NEXT] by default token hand-off",
  ]);
  assert.deepEqual(pushes("git push --tags"), ["git push: write git-tag […] by default token hand-off"]);
  assert.deepEqual(pushes("git push --dry-run"), []);
  assert.deepEqual(pushes("git push heroku main"), ["git push: write service [heroku] deploy"]);
  const withToken = `{ uses: actions/checkout@v4, with: { token: "\${{ secrets.PAT }}" } }`;
  assert.deepEqual(pushes("git push origin main", withToken), [
    `git push: write source [main] by \${{ secrets.PAT }} hand-off`,
  ]);
  const without = "{ uses: actions/checkout@v4, with: { persist-credentials: false } }";
  assert.deepEqual(pushes("git push", without), ["git push: write source [] hand-off"]);
  assert.deepEqual(pushes(`git push https://x:\${{ secrets.PAT }}@github.com/a/b main`, without), [
    `git push: write source [main] by \${{ secrets.PAT }} hand-off`,
  ]);
  assert.deepEqual(
    pushes(`git remote set-url origin https://x:\${{ github.token }}@github.com/a/b\ngit push`, without),
    ["git push: write source [] by default token hand-off"],
  );
});

test("gh: releases, dispatches, runs and artifacts", () => {
  const env = `env: { GH_TOKEN: "\${{ github.token }}" }`;
  const cases: Readonly<Record<string, string[]>> = {
    'gh release create "$TAG" dist/* --notes x': [
      "gh release create: write release [$TAG] by default token publish",
      "gh release create: write git-tag [$TAG] by default token hand-off",
    ],
    "gh release create v1 --draft": ["gh release create: write release [v1] by default token hand-off"],
    "gh workflow run deploy.yml --ref main -f env=prod -f tag=$TAG": [
      "gh workflow run: dispatch deploy.yml@main with env=prod tag=$TAG by default token",
    ],
    "gh workflow run deploy.yml -R acme/infra": ["gh workflow run: dispatch deploy.yml in acme/infra by default token"],
    "gh run watch $RUN --exit-status": ["gh run watch: wait for run $RUN"],
    "gh run download $RUN -n dist": ["gh run download: read artifact [dist] of run $RUN by default token hand-off"],
    "gh run download -n dist": ["gh run download: read artifact [dist] latest any by default token hand-off"],
    'gh api repos/$GITHUB_REPOSITORY/actions/workflows/d.yml/dispatches -f ref=main -f "inputs[env]=dev"': [
      "gh api: dispatch d.yml@main with env=dev by default token",
    ],
    "gh api repos/acme/x/dispatches -f event_type=go": ["gh api: dispatch event go in acme/x by default token"],
    "gh pr list; gh api user; gh auth status": [],
  };
  for (const [script, expected] of Object.entries(cases))
    assert.deepEqual(scriptAccesses(script, env), expected, script);
  const request = `curl -X POST -H "Authorization: Bearer \${{ secrets.PAT }}" https://api.github.com/repos/a/b/dispatches -d '{"event_type": "go"}'`;
  assert.deepEqual(scriptAccesses(request), [`curl: dispatch event go in a/b by \${{ secrets.PAT }}`]);
});
