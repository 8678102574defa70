import { delivery, env, parameter, pipeline, sh, when } from "../../../src/model/index.ts";

const version = parameter("version", { type: "string" });

const web = pipeline("web", {
  jobs: {
    build: { env: { VERSION: version }, steps: [sh("./build.sh")] },
    // expect TS2552 Cannot find name 'verson'. Did you mean 'version'
    deploy: { deploys: true, env: { VERSION: verson }, steps: [sh("./deploy.sh")] },
    // expect TS2345 Argument of type 'string' is not assignable
    smoke: { condition: when.parameter("verson", "1"), steps: [sh("./smoke.sh")] },
  },
});

// expect TS2552 Cannot find name 'versoin'
export default delivery("storefront", { pipelines: [web], environments: [env("dev")], parameters: [versoin] });
