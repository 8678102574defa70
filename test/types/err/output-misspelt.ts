import { pipeline, sh } from "../../../src/model/index.ts";

const infra = pipeline("infra", {
  outputs: { siteBucket: "string" },
  jobs: { apply: { deploys: true, steps: [sh("terraform apply")] } },
});

export const web = pipeline("web", {
  needs: [infra],
  jobs: {
    deploy: {
      // expect TS2551 Property 'siteBuket' does not exist
      env: { BUCKET: infra.outputs.siteBuket },
      // expect TS2322 is not assignable
      // expect TS2551 Property 'siteBuckets' does not exist
      steps: [sh`aws s3 sync dist s3://${infra.outputs.siteBuckets}`],
    },
  },
});
