import { fileURLToPath } from "node:url";
import { context, delivery, env, pipeline, sh, text, variable } from "baton-cd";

/** What stands in for a cloud: each environment is a folder that outlives the runs. */
const place = (name: string) => ({ home: fileURLToPath(new URL(`.storefront/${name}`, import.meta.url)) });

const node = { name: "node", version: ">=22.13" };

const infra = pipeline("infra", {
  description: "A database with its schema, a site root and a port",
  paths: ["infra/**"],
  workingDirectory: "infra",
  outputs: { databasePath: "string", siteRoot: "string", port: "number", apiUrl: "url" },
  jobs: {
    provision: {
      deploys: true,
      tools: [node],
      steps: [sh`node provision.mjs ${variable("home")} >> "$BATON_OUTPUT"`],
    },
  },
});

const api = pipeline("api", {
  description: "The shop's API",
  needs: [infra],
  paths: ["api/**"],
  workingDirectory: "api",
  jobs: {
    test: { per: "release", tools: [node], steps: [sh("node --test")] },
    package: {
      per: "release",
      needs: ["test"],
      steps: [sh("mkdir -p package && cp server.mjs products.mjs package/")],
      artifacts: { package: { path: "package" } },
    },
    deploy: {
      needs: ["package"],
      deploys: true,
      tools: [node],
      uses: [{ artifact: "package", path: "package" }],
      env: {
        HOME_FOLDER: variable("home"),
        RELEASE: context("release"),
        DATABASE_PATH: infra.outputs.databasePath,
        SITE_ROOT: infra.outputs.siteRoot,
        PORT: infra.outputs.port,
        API_URL: infra.outputs.apiUrl,
      },
      steps: [sh("sh deploy.sh package", { name: "Start the packaged release", timeout: "1m" })],
    },
  },
});

const web = pipeline("web", {
  description: "The shop's pages",
  needs: [infra, api],
  paths: ["web/**"],
  workingDirectory: "web",
  jobs: {
    test: { per: "release", tools: [node], steps: [sh("node --test")] },
    build: {
      needs: ["test"],
      tools: [node],
      env: { API_URL: infra.outputs.apiUrl, RELEASE: context("release") },
      steps: [sh("node build.mjs dist")],
      artifacts: { dist: { path: "dist" } },
    },
    deploy: {
      needs: ["build"],
      deploys: true,
      uses: [{ artifact: "dist", path: "dist" }],
      env: { SITE_ROOT: infra.outputs.siteRoot, RELEASE: context("release") },
      steps: [
        sh({ name: "Put the pages in place" })`
          rm -rf "$SITE_ROOT/$RELEASE"
          cp -R dist "$SITE_ROOT/$RELEASE"
          ln -sfn "$RELEASE" "$SITE_ROOT/current"
        `,
      ],
    },
    smoke: {
      needs: ["deploy"],
      tools: [node],
      env: {
        HOME_FOLDER: variable("home"),
        SITE_URL: text`http://127.0.0.1:${infra.outputs.port}/`,
        API_URL: infra.outputs.apiUrl,
        RELEASE: context("release"),
      },
      steps: [sh("node smoke.mjs", { name: "Ask the shop what a visitor would ask", timeout: "1m" })],
    },
  },
});

export default delivery("storefront", {
  pipelines: [infra, api, web],
  environments: [
    env("dev", { branch: "main", variables: place("dev") }),
    env("test", { after: "dev", variables: place("test") }),
    env("prod", { after: "test", approval: { reviewers: ["release-managers"] }, variables: place("prod") }),
  ],
});
