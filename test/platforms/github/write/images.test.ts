/** Images are built once, and every environment gets the digest that was pushed. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { delivery, docker, env, output, pipeline, sh } from "../../../../src/index.ts";
import { layouts } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";

function shop(registry: "ecr" | "ghcr") {
  const web = pipeline("web", {
    outputs: { image: { job: "build" } },
    jobs: {
      test: { per: "release", steps: [sh("npm test")] },
      build: {
        per: "release",
        needs: "test",
        steps: [
          docker.build({
            repository: "ghcr.io/team/web",
            registry,
            layers: "ghcr.io/team/web:layers",
            publish: "image",
          }),
        ],
      },
      deploy: {
        needs: "build",
        deploys: true,
        steps: [sh`kubectl set image deployment/web web=${output("image")}`],
      },
    },
  });
  return delivery("shop", { pipelines: [web], environments: [env("dev", { branch: "main" })] });
}

/** Another pipeline builds with the image. */
function scanned() {
  const web = pipeline("web", {
    outputs: { image: { job: "build" } },
    jobs: { build: { per: "release", steps: [docker.build({ repository: "r/web", publish: "image" })] } },
  });
  const check = pipeline("check", {
    needs: [web],
    jobs: {
      scan: { per: "release", steps: [sh`trivy image ${web.outputs.image}`] },
      allow: { deploys: true, steps: [sh("true")] },
    },
  });
  return delivery("shop", { pipelines: [web, check], environments: [env("dev", { branch: "main" })] });
}

interface Written {
  if?: string;
  permissions: Record<string, string>;
  container?: object;
  steps: {
    name?: string;
    if?: string;
    run?: string;
    env?: Record<string, string>;
    with?: Record<string, string>;
  }[];
}

function jobs(registry: "ecr" | "ghcr", layout: (typeof layouts)[number] = "orchestrated"): Record<string, Written> {
  const files = writeWorkflows(shop(registry), { layout });
  return (parse(files.find(({ path }) => path.endsWith("/web.yml"))!.text) as { jobs: Record<string, Written> }).jobs;
}

const named = ({ steps }: Written) => steps.flatMap(({ name }) => name ?? []);

test("the job that pushes to ghcr.io has the right to, and no other", () => {
  const { build, test: tested, deploy } = jobs("ghcr");
  assert.deepEqual(named(build!), ["Sign in to ghcr.io", "Build and push the image"]);
  assert.equal(build!.permissions.packages, "write");
  assert.equal(build!.permissions["id-token"], undefined);
  assert.equal(tested!.permissions.packages, undefined);
  // Whoever takes the image may pull it, and no more.
  assert.equal(deploy!.permissions.packages, "read");
  assert.equal(named(deploy!)[0], "Sign in to ghcr.io");
  // Code that nobody has reviewed has neither the rights of a release nor its layers.
  for (const event of ["pull_request", "merge_group"])
    assert.ok(build!.if!.includes(`github.event_name != '${event}'`));
  assert.doesNotMatch(tested!.if ?? "", /event_name/);
});

test("ECR is signed in to by the role of the job", () => {
  const { build } = jobs("ecr");
  assert.deepEqual(named(build!), ["Sign in to AWS", "Build and push the image"]);
  assert.deepEqual([build!.permissions["id-token"], build!.permissions.packages], ["write", undefined]);
  assert.match(build!.if!, /event_name != 'pull_request' && github\.event_name != 'merge_group'/);
});

test("whoever takes an image that was built for ghcr.io signs in to pull it: steps where docker is, and its container", () => {
  const web = pipeline("web", {
    outputs: { image: { job: "build" } },
    jobs: {
      build: {
        per: "release",
        steps: [docker.build({ repository: "ghcr.io/team/web", registry: "ghcr", publish: "image" })],
      },
      migrate: { needs: "build", deploys: true, container: output("image"), steps: [sh("./migrate")] },
    },
  });
  const check = pipeline("check", {
    needs: [web],
    jobs: { scan: { per: "release", steps: [sh`trivy image ${web.outputs.image}`] } },
  });
  const shop = delivery("shop", { pipelines: [web, check], environments: [env("dev", { branch: "main" })] });
  const files = writeWorkflows(shop, { layout: "orchestrated" });
  const jobsOf = (name: string) =>
    (parse(files.find(({ path }) => path.endsWith(`/${name}.yml`))!.text) as { jobs: Record<string, Written> }).jobs;
  const { migrate } = jobsOf("web");
  assert.deepEqual(migrate!.container, {
    image: "${{ inputs.web_image }}",
    credentials: { username: "${{ github.actor }}", password: "${{ github.token }}" },
  });
  const { scan } = jobsOf("check");
  assert.equal(scan!.permissions.packages, "read");
  assert.match(scan!.steps.find(({ name }) => name === "Sign in to ghcr.io")!.run!, /^if command -v docker/);
  // By the role of the job ECR is signed in to by whoever has one.
  assert.equal(jobs("ecr").deploy!.permissions.packages, undefined);
});

test("whoever takes an image from ECR and has a role is signed in to it, where docker is and by the region of its registry", (t) => {
  const tools = mkdtempSync(join(tmpdir(), "baton-ecr-"));
  t.after(() => rmSync(tools, { recursive: true }));
  const web = pipeline("web", {
    outputs: { image: { job: "build" } },
    jobs: {
      build: { per: "release", steps: [docker.build({ repository: "r/web", registry: "ecr", publish: "image" })] },
      migrate: { needs: "build", deploys: true, tools: ["aws"], steps: [sh`docker run ${output("image")} ./migrate`] },
      hand: { needs: "build", deploys: true, steps: [sh`kubectl set image deployment/web web=${output("image")}`] },
    },
  });
  const files = writeWorkflows(delivery("shop", { pipelines: [web], environments: [env("dev", { branch: "main" })] }), {
    layout: "orchestrated",
  });
  const { jobs } = parse(files.find(({ path }) => path.endsWith("/web.yml"))!.text) as {
    jobs: Record<string, Written>;
  };
  assert.doesNotMatch(named(jobs.hand!).join(), /Sign in/, "without a role there is nothing to sign in with");
  assert.deepEqual(named(jobs.migrate!).slice(0, 2), ["Sign in to AWS", "Sign in to ECR"]);
  const step = jobs.migrate!.steps.find(({ name }) => name === "Sign in to ECR")!;
  assert.deepEqual(step.env, { IMAGE: "${{ inputs.web_image }}" });
  const script = (name: string, text: string) =>
    writeFileSync(join(tools, name), `#!/bin/bash\n${text}`, { mode: 0o755 });
  script("aws", 'if [ -e "$0.fails" ]; then exit 254; fi\necho "password of $*"\n');
  script("docker", 'echo "$*: $(cat)"\n');
  const run = (image: string, path = `${tools}:${process.env.PATH}`) =>
    spawnSync("/bin/bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run!], {
      encoding: "utf8",
      env: { PATH: path, IMAGE: image },
    });
  for (const [image, host, asked] of [
    [
      "1.dkr.ecr.eu-central-1.amazonaws.com/web@sha256:1",
      "1.dkr.ecr.eu-central-1.amazonaws.com",
      "ecr get-login-password --region eu-central-1",
    ],
    [
      "1.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web@sha256:1",
      "1.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
      "ecr get-login-password --region us-gov-west-1",
    ],
    ["public.ecr.aws/team/web@sha256:1", "public.ecr.aws", "ecr-public get-login-password --region us-east-1"],
  ] as const) {
    assert.equal(run(image).stdout, `login --username AWS --password-stdin ${host}: password of ${asked}\n`);
  }
  assert.equal(run("registry.example.org/web@sha256:1").stdout, "");
  const without = run("1.dkr.ecr.eu-central-1.amazonaws.com/web@sha256:1", "/nowhere");
  assert.deepEqual([without.status, without.stdout], [0, ""]);
  writeFileSync(join(tools, "aws.fails"), "");
  assert.equal(run("1.dkr.ecr.eu-central-1.amazonaws.com/web@sha256:1").status, 254, "who may not pull ends here");
});

test("what is deployed is the digest that the release hands over", () => {
  const { deploy } = jobs("ghcr");
  const { env: given, run } = deploy!.steps.at(-1)!;
  const [name, value] = Object.entries(given!)[0]!;
  assert.equal(value, "${{ inputs.web_image }}");
  assert.ok(run!.includes(`$${name}`), run);
});

test("a build that takes another's image is left out of a pull request without it, and refused for a push", () => {
  const files = writeWorkflows(scanned(), { layout: "orchestrated" });
  const { jobs } = parse(files.find(({ path }) => path.endsWith("/check.yml"))!.text) as {
    jobs: Record<string, Written>;
  };
  const mayDeploy = "github.event_name != 'pull_request' && github.event_name != 'merge_group'";
  assert.ok(jobs.scan!.if!.includes(`(inputs.web_image != '' || (${mayDeploy}))`), jobs.scan!.if);
  assert.equal(
    jobs.scan!.steps.find(({ with: given }) => given?.job === "check.scan")!.with!.given,
    "${{ toJSON(inputs) }}",
  );
  const data = JSON.parse(files.find(({ path }) => path.endsWith("delivery.json"))!.text) as {
    pipelines: { name: string; jobs: Record<string, { takes?: object[] }> }[];
  };
  const row = data.pipelines.find(({ name }) => name === "check")!.jobs.scan!;
  assert.deepEqual(row.takes, [{ output: "web.image", input: "web_image" }]);
});

test("in a chain it comes from the same file: nothing is waited for that nobody hands over", () => {
  const { build, deploy } = jobs("ghcr", "chained");
  const begin = deploy!.steps.find(({ with: given }) => given?.job === "web.deploy");
  assert.equal(begin!.with!.given, undefined);
  assert.equal(Object.values(deploy!.steps.at(-1)!.env!)[0], "${{ needs.build.outputs.image }}");
  const data = writeWorkflows(shop("ghcr"), { layout: "chained" }).find(({ path }) => path.endsWith("delivery.json"))!;
  const { pipelines } = JSON.parse(data.text) as { pipelines: { jobs: { deploy: { takes?: unknown } } }[] };
  assert.deepEqual(pipelines[0]!.jobs.deploy.takes, [{ output: "web.image", job: "build" }]);
  // For a pull request there is no environment to keep it for, and a fork has no right to push.
  assert.match(build!.steps.find(({ name }) => name?.startsWith("Keep the outputs"))!.if!, /!= 'pull_request'/);
  assert.match(build!.if!, /event_name != 'pull_request' && github\.event_name != 'merge_group'/);
});

test("no reader of the files has anything to say", fullDepth("shellcheck"), async () => {
  const every = layouts.map((layout) => ["ghcr", layout] as const);
  for (const [registry, layout] of [...every, ["ecr", "orchestrated"] as const]) {
    assert.deepEqual(await complaints(writeWorkflows(shop(registry), { layout })), [], `${registry}, ${layout}`);
  }
  assert.deepEqual(await complaints(writeWorkflows(scanned(), { layout: "orchestrated" })), []);
});
