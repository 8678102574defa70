/** The script of `docker.build`, carried out with a docker that writes down how it is called and answers as buildx does. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { docker, type StepInput, variable } from "../../src/index.ts";
import { needs } from "../lane/needs.ts";

const digest = `sha256:${"0a".repeat(32)}`;
/** What buildx 0.24 leaves: the digest of what was pushed stands in a line of its own, beside others. */
const metadata = `{
  "buildx.build.ref": "baton/baton0/x",
  "containerimage.config.digest": "sha256:${"1b".repeat(32)}",
  "containerimage.descriptor": {
    "mediaType": "application/vnd.oci.image.index.v1+json",
    "digest": "${digest}",
    "size": 856
  },
  "containerimage.digest": "${digest}",
  "image.name": "r"
}
`;

interface Carried {
  readonly status: number | null;
  readonly stderr: string;
  readonly output: string;
  /** A word a line, a call after an empty one. */
  readonly calls: string;
}

function begin(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "baton-docker-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tool = (name: string, script: string) => {
    // What comes by the pipe is part of the call: both ends of it write down theirs at the same time.
    const call = `typed=; [ "$1" != login ] || typed=$(cat)\nprintf '%s\\n' "" ${name} "$@" \${typed:+"$typed"} >> "$CALLS"`;
    writeFileSync(join(folder, name), `#!/bin/bash\n${call}\n${script}`);
    chmodSync(join(folder, name), 0o755);
  };
  tool("aws", "echo password");
  tool(
    "docker",
    `case "$1 \${2:-}" in
  "buildx inspect") [ -e "$CALLS.builder" ] || exit "\${NO_BUILDER:-0}" ;;
  "buildx create") [ -z "\${CROSSED:-}" ] || { : > "$CALLS.builder" && exit 1; } ;;
  "login --username") echo "$typed" > "\${DOCKER_CONFIG:-$HOME/.docker}/password" ;;
  "buildx build")
    [ "\${FAILS:-}" != yes ] || exit 1
    while [ "$1" != --metadata-file ]; do shift; done
    cat "$METADATA" > "$2" ;;
esac
`,
  );
  const carryOut = ({ run, env }: StepInput, given: Record<string, string> = {}): Carried => {
    const file = (name: string) => join(folder, name);
    for (const name of ["calls", "output"]) writeFileSync(file(name), "");
    writeFileSync(file("metadata"), given.METADATA ?? metadata);
    const { status, stderr } = spawnSync("bash", ["--norc", "-eo", "pipefail", "-c", run], {
      encoding: "utf8",
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        TMPDIR: folder,
        HOME: folder,
        BATON_COMMIT: "c0ffee",
        BATON_RUN: "r101",
        BATON_OUTPUT: file("output"),
        CALLS: file("calls"),
        ...Object.fromEntries(Object.keys(env ?? {}).map((name) => [name, `value of ${name}`])),
        ...given,
        METADATA: file("metadata"),
      },
    });
    return { status, stderr, output: readFileSync(file("output"), "utf8"), calls: readFileSync(file("calls"), "utf8") };
  };
  /** What steps left behind. */
  const left = () =>
    readdirSync(folder).filter((name) => !["aws", "docker", "calls", "output", "metadata"].includes(name));
  return Object.assign(carryOut, { left });
}

const words = (calls: string) =>
  calls
    .split("\n\n")
    .map((call) => call.trim().split("\n"))
    .filter(([first]) => first !== "");

test("an image is handed on by the digest that was pushed", needs("sed"), (t) => {
  const carryOut = begin(t);
  const { status, stderr, output, calls } = carryOut(
    docker.build({ repository: "ghcr.io/team/web", publish: "image" }),
  );
  assert.equal(status, 0, stderr);
  assert.equal(output, `image=ghcr.io/team/web@${digest}\n`);
  const [look, build, ...others] = words(calls);
  assert.deepEqual(others, []);
  // Docker's own builder asks the registry afterwards what the tag points to, which may be another run's image by then.
  assert.deepEqual(look, ["docker", "buildx", "inspect", build![4]]);
  const at = build!.indexOf("--metadata-file");
  assert.deepEqual(
    build!.toSpliced(at, 2).map((word) => word.replace(/(:c0ffee-r101)-[0-9A-Za-z]+$/, "$1-RANDOM")),
    [
      "docker",
      "buildx",
      "build",
      "--builder",
      build![4]!,
      "--push",
      "--tag",
      "ghcr.io/team/web:c0ffee-r101-RANDOM",
      ".",
    ],
  );
});

const tagsOf = (calls: string) => {
  const build = words(calls).at(-1)!;
  return build.flatMap((word, at) => (build[at - 1] === "--tag" ? [word.slice(word.lastIndexOf(":") + 1)] : []));
};

test("no two builds share a tag, whatever stands for the commit", needs("sed"), (t) => {
  const carryOut = begin(t);
  const step = docker.build({ repository: "r/web", publish: "image", tag: "v1" });
  const versions = ["c0ffee", "c0ffee", "-Xy/.a+b=", "..", "é", "v".repeat(1024)];
  const all = versions.map((BATON_COMMIT) => tagsOf(carryOut(step, { BATON_COMMIT }).calls));
  for (const [own, forPeople, ...more] of all) {
    // Pushed in this order.
    assert.match(own!, /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
    assert.deepEqual([forPeople, more], ["v1", []]);
  }
  assert.equal(new Set(all.map(([own]) => own)).size, versions.length);
  assert.match(all[2]![0]!, /^_Xy_\.a_b_-r101-/);
});

test("the builder is made once, of BuildKit by its bytes", needs("sed"), (t) => {
  const carryOut = begin(t);
  const step = docker.build({ repository: "r/web", publish: "image" });
  const made = carryOut(step, { NO_BUILDER: "1" });
  assert.equal(made.status, 0, made.stderr);
  assert.match(
    made.calls,
    /--driver\ndocker-container\n--driver-opt\nimage=moby\/buildkit:v[\d.]+@sha256:[0-9a-f]{64}\n/,
  );
  // Another job of the machine was quicker.
  const crossed = carryOut(step, { NO_BUILDER: "1", CROSSED: "yes" });
  assert.equal(crossed.status, 0, crossed.stderr);
});

test("ECR is asked in the region of the repository, and no password stays on the machine", needs("sed"), (t) => {
  const carryOut = begin(t);
  const asked = (repository: string) => {
    const { status, stderr, calls } = carryOut(docker.build({ repository, publish: "image", registry: "ecr" }));
    const aws = words(calls).find(([program]) => program === "aws");
    return status === 0 ? aws!.slice(1).join(" ") : stderr;
  };
  const told = "get-login-password --region";
  assert.equal(asked("1.dkr.ecr.eu-central-1.amazonaws.com/web"), `ecr ${told} eu-central-1`);
  assert.equal(asked("1.dkr.ecr.cn-north-1.amazonaws.com.cn/web"), `ecr ${told} cn-north-1`);
  assert.equal(asked("1.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web"), `ecr ${told} us-gov-west-1`);
  assert.equal(asked("1.dkr-ecr.eu-west-1.on.aws/web"), `ecr ${told} eu-west-1`);
  // It is signed in to in this region alone.
  assert.equal(asked("public.ecr.aws/team/web"), `ecr-public ${told} us-east-1`);
  assert.match(asked("ghcr.io/team/web"), /ghcr\.io is no registry of ECR/);
  assert.deepEqual(carryOut.left(), []);
});

test("everything that may be said reaches docker as it is, and ECR is signed in to first", needs("sed"), (t) => {
  const carryOut = begin(t);
  const step = docker.build({
    repository: variable("repository"),
    publish: "image",
    context: "it's here",
    file: "web/Dockerfile",
    target: "web",
    arguments: { WORDS: "a $(touch owned)", STAGE: variable("stage") },
    platforms: ["linux/amd64", "linux/arm64"],
    tag: "v1",
    registry: "ecr",
    layers: ["1.dkr.ecr.eu-central-1.amazonaws.com/web:", variable("layers")],
  });
  const repository = "1.dkr.ecr.eu-central-1.amazonaws.com/web";
  const given = {
    BATON_VALUE_REPOSITORY: repository,
    BATON_VALUE_LAYERS: "l",
    BATON_VALUE_STAGE: 'x "y',
    NO_BUILDER: "1",
  };
  const { status, stderr, output, calls } = carryOut(step, given);
  assert.equal(status, 0, stderr);
  assert.equal(output, `image=${repository}@${digest}\n`);
  const all = words(calls);
  const layers = "type=registry,ref=1.dkr.ecr.eu-central-1.amazonaws.com/web:l";
  assert.deepEqual(
    new Set(all.map((call) => call.slice(0, 3).join(" "))),
    new Set([
      "aws ecr get-login-password",
      "docker login --username",
      "docker buildx inspect",
      "docker buildx create",
      "docker buildx build",
    ]),
  );
  assert.match(calls, /--password-stdin\n1\.dkr\.ecr\.eu-central-1\.amazonaws\.com\npassword/);
  const build = all.at(-1)!;
  assert.deepEqual(build.toSpliced(build.indexOf("--metadata-file"), 4), [
    ...["docker", "buildx", "build", "--builder", build[4]!, "--push", "--tag", `${repository}:v1`],
    ...["--file", "web/Dockerfile", "--target", "web", "--platform", "linux/amd64,linux/arm64"],
    ...["--build-arg", "WORDS=a $(touch owned)", "--build-arg", 'STAGE=x "y'],
    ...["--cache-from", layers],
    ...[
      "--cache-to",
      "type=registry,mode=max,image-manifest=true,ignore-error=true,ref=1.dkr.ecr.eu-central-1.amazonaws.com/web:l",
    ],
    "it's here",
  ]);
});

test("nothing is published where docker failed, or did not say what it pushed", needs("sed"), (t) => {
  const carryOut = begin(t);
  const step = docker.build({ repository: "r/web", publish: "image" });
  const failed = carryOut(step, { FAILS: "yes" });
  assert.deepEqual([failed.status, failed.output], [1, ""]);
  // A docker that only loads the image, and one whose digest was cut off.
  for (const METADATA of ["{}", metadata.replaceAll(digest, digest.slice(0, -1))]) {
    const { status, output, stderr } = carryOut(step, { METADATA });
    assert.deepEqual([status, output], [1, ""]);
    assert.match(stderr, /docker did not say which image it pushed/);
  }
});
