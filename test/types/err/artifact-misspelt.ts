import { pipeline, sh } from "../../../src/model/index.ts";

const api = pipeline("api", {
  jobs: { package: { per: "release", steps: [sh("make package.zip")], artifacts: { package: "package.zip" } } },
});

export const web = pipeline("web", {
  needs: [api],
  jobs: {
    build: { steps: [sh("npm run build")], artifacts: { dist: "dist" } },
    deploy: {
      needs: ["build"],
      // expect TS2322 '"dsit"' is not assignable to type
      uses: ["dsit"],
      steps: [
        // expect TS2551 Property 'packages' does not exist
        sh("./deploy.sh", { uses: [{ artifact: api.artifacts.packages, path: "package.zip" }] }),
      ],
    },
    publish: {
      needs: ["build"],
      // expect TS2322 '"distt"' is not assignable to type
      steps: [sh("./publish.sh", { uses: ["distt"] })],
    },
  },
});
