import { pipeline, sh } from "../../../src/model/index.ts";

export const web = pipeline("web", {
  // expect TS2820 Did you mean '"deploy"'
  outputs: { address: { type: "url", job: "deplyo" } },
  jobs: {
    test: { steps: [sh("npm test")] },
    // expect TS2322 '"tset"' is not assignable to type '"build" | "deploy" | "test"'
    build: { needs: ["tset"], steps: [sh("npm run build")] },
    // expect TS2820 Did you mean '"build"'
    deploy: { needs: "biuld", deploys: true, steps: [sh("./deploy.sh")] },
  },
});
