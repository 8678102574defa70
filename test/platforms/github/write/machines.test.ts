/** Where jobs run: labels, groups, containers, services; on Linux, macOS and Windows. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { loadYaml } from "../../../../src/model/load-yaml.ts";
import { CannotWrite } from "../../../../src/platforms/generated.ts";
import { layouts, type WriteOptions } from "../../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../../src/platforms/github/write/write.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { complaints } from "./accept.ts";
import { programBox } from "./program.ts";

const everything = readFileSync(new URL("../../../model/ok/machines.yaml", import.meta.url), "utf8");

function load(text: string) {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
}

function shopOf(jobs: Readonly<Record<string, object>>) {
  const definition = { name: "shop", environments: { dev: { branch: "main" } }, pipelines: { web: { jobs } } };
  return load(JSON.stringify(definition));
}

function jobsOf(delivery: ReturnType<typeof load>, options: Partial<WriteOptions> = {}) {
  const files = writeWorkflows(delivery, { layout: "orchestrated", ...options });
  const text = files.find(({ path }) => path.endsWith("/web.yml"))!.text;
  return (parse(text) as { jobs: Record<string, Record<string, unknown>> }).jobs;
}

test("labels, groups, containers and services are what GitHub reads", () => {
  const jobs = jobsOf(load(everything));
  assert.deepEqual(jobs.systems!["runs-on"], `\${{ matrix.os }}`);
  assert.deepEqual(jobs.build!["runs-on"], ["self-hosted", "linux", "arm64"]);
  assert.equal(jobs.build!.container, "node:24");
  assert.deepEqual(jobs.build!.services, {
    database: {
      image: "postgres:17",
      env: { POSTGRES_PASSWORD: "test" },
      ports: ["5432", "53:53/udp"],
      options: "--health-cmd pg_isready",
    },
    cache: { image: "redis:8" },
  });
  const table = `fromJSON('{"dev":"dev-net","prod":"prod-net"}')[inputs.environment]`;
  assert.deepEqual(jobs.deploy!["runs-on"], {
    group: `runners-\${{ ${table} }}`,
    labels: ["linux", `\${{ inputs.parameter__size }}`],
  });
  assert.deepEqual(jobs.deploy!.container, {
    image: `\${{ inputs.web_image }}`,
    credentials: { username: "robot", password: `\${{ secrets.REGISTRY_TOKEN }}` },
    env: { TOKEN: `\${{ secrets.TOKEN }}` },
    options: "--cpus 2",
  });
  // A secret of the registry's is one of the environment, as those of steps are.
  assert.ok(jobs.deploy!.environment);
});

test("the machines of jobs that say nothing are those of baton.github.yaml, and so are the program's", () => {
  const delivery = shopOf({ test: { per: "release", steps: ["./a.sh"] }, own: { runsOn: "big", steps: ["./b.sh"] } });
  const jobs = jobsOf(delivery, { runsOn: ["self-hosted", "linux"] });
  assert.deepEqual([jobs.test!["runs-on"], jobs.own!["runs-on"]], [["self-hosted", "linux"], "big"]);
  for (const runsOn of ["windows-2025", ["self-hosted", "macOS"]]) {
    assert.throws(() => writeWorkflows(delivery, { layout: "orchestrated", runsOn }), /runs on Linux alone/);
  }
});

test("text of a definition is never an expression, and in a container the checkout has its own path", () => {
  const hostile = "x${{ secrets.A }}";
  const jobs = jobsOf(
    shopOf({
      deploy: {
        container: { image: hostile, options: hostile, env: { A: hostile } },
        runsOn: [hostile, "it's"],
        env: { HERE: { context: "directory" } },
        steps: ["./a.sh"],
      },
    }),
  );
  const { container, "runs-on": labels, env } = jobs.deploy! as Record<string, { HERE: string }>;
  assert.doesNotMatch(JSON.stringify([container, labels]), /\{\{ secrets/);
  assert.equal(env!.HERE, `\${{ format('/__w/{0}/{0}', github.event.repository.name) }}`);
});

test("what a system cannot do is refused with its place", () => {
  const steps = ["./a.sh"];
  const refused: [object, string][] = [
    [{ runsOn: "macos-15", container: "node:24", steps }, "container"],
    [
      { runsOn: { matrix: "os" }, matrix: { os: ["linux", "windows-11"] }, services: { db: "redis:8" }, steps },
      "services",
    ],
    [{ runsOn: ["self-hosted", "Windows"], steps: [...steps, { run: "./b.sh", shell: "sh" }] }, "steps.1"],
  ];
  for (const layout of ["orchestrated", "per-environment"] as const) {
    for (const [job, at] of refused) {
      assert.throws(
        () => writeWorkflows(shopOf({ build: job }), { layout }),
        (error: CannotWrite) =>
          error instanceof CannotWrite && error.path?.join(".") === `pipelines.web.jobs.build.${at}`,
      );
    }
  }
  const fine = { runsOn: "macos-15", steps: [{ run: "./b.sh", shell: "sh" }] };
  assert.equal(jobsOf(shopOf({ build: fine })).build!["runs-on"], "macos-15");
});

test("git leaves the line ends of the program as they are, on Windows too", () => {
  const files = writeWorkflows(load(everything), { layout: "orchestrated" });
  const attributes = files.find(({ path }) => path === ".github/actions/shop/.gitattributes")!;
  assert.match(attributes.text, /^\* text eol=lf$/m);
});

test("GitHub's parser, actionlint, shellcheck and check have nothing to say", fullDepth("shellcheck"), async () => {
  const delivery = load(everything);
  const own = new Set(
    delivery.pipelines.flatMap(({ jobs }) => Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run))),
  );
  for (const layout of layouts.filter((one) => one !== "chained")) {
    assert.deepEqual(await complaints(writeWorkflows(delivery, { layout }), own), [], layout);
  }
});

const program = fullDepth("gh", "jq", "unzip");
const definition = `
name: shop
environments: { prod: { branch: main } }
pipelines:
  web: { jobs: { build: { per: release, steps: [./build.sh] }, deploy: { needs: build, deploys: true, steps: [./deploy.sh] } } }
`;
const given = { JOB: "web.build", ENVIRONMENT: "", COMMIT: "x" };

test("a jq that ends lines as Windows does is told not to", program, (t) => {
  const box = programBox(t, definition);
  box.commit({ a: "1" });
  const fake = join(box.temp, "windows");
  mkdirSync(fake);
  writeFileSync(
    join(fake, "jq"),
    `#!/bin/bash
PATH=\${PATH#*:}
if [ "$1" = --binary ]; then jq "\${@:2}"; else jq "$@" | sed 's/$/\r/'; fi
`,
  );
  chmodSync(join(fake, "jq"), 0o755);
  writeFileSync(join(box.temp, "given.json"), "{}");
  const begin = (RUNNER_OS: string) =>
    box.start("begin", { ...given, RUNNER_OS, RUNNER_TEMP: box.temp, PATH: `${fake}:${process.env.PATH}` });
  const windows = begin("Windows");
  assert.equal(windows.status, 0, windows.log);
  assert.doesNotMatch(windows.environment, /\r/);
  assert.match(windows.environment, /^BATON_BRANCH=main$/m);
  // Without the word it does not get as far.
  assert.notEqual(begin("Linux").environment, windows.environment);
});

test("what an image lacks is told by its name", program, (t) => {
  const box = programBox(t, definition);
  box.commit({ a: "1" });
  writeFileSync(join(box.temp, "given.json"), "{}");
  const lacks = (without: string, more: object) =>
    box.start("begin", { RUNNER_TEMP: box.temp, ...given, ...more }, { without });
  assert.match(lacks("jq", {}).log, /::error title=No jq::This needs jq/);
  assert.equal(lacks("gh", {}).status, 0);
});
