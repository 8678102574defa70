import { delivery, env, output, pipeline, secret, sh, text, when } from "../../../src/model/index.ts";

const infra = pipeline("infra", {
  paths: ["infra/**"],
  outputs: { siteBucket: "string", apiUrl: "url" },
  jobs: { apply: { deploys: true, steps: [sh("terraform apply")] } },
});

const web = pipeline("web", {
  needs: [infra],
  paths: ["web/**"],
  outputs: { address: { type: "url", job: "deploy" } },
  jobs: {
    test: { steps: ["npm ci", sh("npm test", { timeout: "10m" })] },
    build: {
      needs: ["test"],
      env: { API_URL: infra.outputs.apiUrl, TOKEN: secret("TOKEN"), URL: text`${infra.outputs.apiUrl}/v1` },
      steps: [sh("npm run build")],
      artifacts: { dist: "dist" },
    },
    deploy: {
      needs: "build",
      deploys: true,
      uses: ["dist"],
      steps: [sh`aws s3 sync dist s3://${infra.outputs.siteBucket}`],
    },
    smoke: {
      needs: ["deploy"],
      condition: when.not(when.all(when.environment("prod"), when.event("push"))),
      steps: [sh({ name: "Smoke" })`curl ${output("address")}`],
    },
  },
});

export const handle = web.artifacts.dist;
export const built = delivery("storefront", {
  pipelines: [infra, web],
  environments: [
    env("dev", { branch: "develop" }),
    env("test", { branch: "main" }),
    env("prod", { after: "test", approval: { reviewers: ["release-managers"] } }),
  ],
});
