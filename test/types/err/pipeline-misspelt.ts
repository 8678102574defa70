import { pipeline, sh } from "../../../src/model/index.ts";

const infra = pipeline("infra", { jobs: { apply: { deploys: true, steps: [sh("terraform apply")] } } });

export const web = pipeline("web", {
  // expect TS2552 Cannot find name 'infar'
  needs: [infra, infar],
  jobs: { test: { steps: [sh("npm test")] } },
});

export const admin = pipeline("admin", {
  // expect TS2322 Type 'string' is not assignable
  needs: ["infra"],
  jobs: { test: { steps: [sh("npm test")] } },
});
