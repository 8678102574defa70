/** Small deliveries for the tests. Steps are real shell commands. */
export const storefront = `
import { delivery, env, pipeline, sh } from "baton-cd";

const infra = pipeline("infra", {
  paths: ["infra/**"],
  outputs: { site: "string" },
  jobs: { apply: { deploys: true, steps: [sh("cat infra/size; echo site=bucket-$BATON_ENVIRONMENT >> \\"$BATON_OUTPUT\\"")] } },
});
const web = pipeline("web", {
  needs: [infra],
  paths: ["web/**"],
  jobs: {
    test: { per: "release", steps: [sh("sh web/test.sh")] },
    build: { needs: ["test"], env: { SITE: infra.outputs.site }, steps: [sh('mkdir -p dist && echo "$SITE" > dist/index')], artifacts: { dist: { path: "dist" } } },
    deploy: { needs: ["build"], deploys: true, uses: [{ artifact: "dist", path: "out" }], steps: [sh("cat out/index")] },
  },
});

export default delivery("storefront", {
  pipelines: [infra, web],
  environments: [
    env("dev", { branch: "main" }),
    env("test", { after: "dev" }),
    env("prod", { after: "test", approval: { reviewers: ["release-managers"] } }),
  ],
});
`;

export const storefrontFiles: Record<string, string> = {
  "baton.config.ts": storefront,
  "infra/size": "small\n",
  "web/test.sh": "echo testing the web\n",
};

/** One pipeline, one environment, the given jobs. */
export function oneJob(body: string, extra = ""): Record<string, string> {
  return {
    "baton.config.ts": `
import { context, delivery, env, matrix, parameter, pipeline, secret, sh, variable } from "baton-cd";
${extra}
const app = pipeline("app", { jobs: ${body} });
export default delivery("one", { pipelines: [app], environments: [env("dev")] });
`,
  };
}
