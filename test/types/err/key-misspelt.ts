import { delivery, env, pipeline, sh } from "../../../src/model/index.ts";

const web = pipeline("web", {
  // expect TS2561 Did you mean to write 'paths'
  path: ["web/**"],
  jobs: {
    test: { steps: [sh("npm test")] },
  },
});

const admin = pipeline("admin", {
  jobs: {
    // expect TS2561 Did you mean to write 'timeout'
    test: { steps: [sh("npm test")], timout: "10m" },
    // expect TS2769 Did you mean to write 'condition'
    lint: { steps: [sh("npm run lint", { conditions: { event: "push" } })] },
    // expect TS2820 Did you mean '"release"'
    build: { per: "relase", steps: [sh("npm run build")] },
  },
});

export default delivery("storefront", {
  pipelines: [web, admin],
  // expect TS2561 Did you mean to write 'approval'
  environments: [env("dev", { aproval: {} })],
});
