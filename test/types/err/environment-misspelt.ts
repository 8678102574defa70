import { delivery, env, pipeline, sh, when } from "../../../src/model/index.ts";

const infra = pipeline("infra", { jobs: { apply: { deploys: true, steps: [sh("terraform apply")] } } });

const web = pipeline("web", {
  jobs: {
    deploy: { deploys: true, steps: [sh("./deploy.sh")] },
    smoke: { condition: when.not(when.environment("prd")), steps: [sh("./smoke.sh")] },
  },
});

const admin = pipeline("admin", {
  jobs: {
    deploy: {
      deploys: true,
      steps: [sh("./deploy.sh"), sh("./notify.sh", { condition: when.all(when.environment("dve"), when.event("push")) })],
    },
  },
});

export default delivery("storefront", {
  pipelines: [
    infra,
    // expect TS2322 Type '"prd"' is not assignable to type '"dev" | "prod"
    web,
    // expect TS2322 '"dve"' is not assignable to type '"dev" | "prod"
    admin,
  ],
  environments: [
    env("dev", { branch: "main" }),
    // expect TS2322 '"deev"' is not assignable to type '"dev" | "prod"
    env("prod", { after: "deev" }),
  ],
});
