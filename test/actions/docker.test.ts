/** The script of `docker.build`, carried out with a docker that writes down how it is called and answers as buildx does. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  "buildx inspect") exit "\${NO_BUILDER:-0}" ;;
  "buildx build")
    [ "\${FAILS:-}" != yes ] || exit 1
    while [ "$1" != --metadata-file ]; do shift; done
    cat "$METADATA" > "$2" ;;
esac
`,
  );
  return ({ run, env }: StepInput, given: Record<string, string> = {}): Carried => {
    const file = (name: string) => join(folder, name);
    for (const name of ["calls", "output"]) writeFileSync(file(name), "");
    writeFileSync(file("metadata"), given.METADATA ?? metadata);
    const { status, stderr } = spawnSync("bash", ["--norc", "-eo", "pipefail", "-c", run], {
      encoding: "utf8",
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        TMPDIR: folder,
        BATON_COMMIT: "c0ffee",
        BATON_OUTPUT: file("output"),
        CALLS: file("calls"),
        ...Object.fromEntries(Object.keys(env ?? {}).map((name) => [name, `value of ${name}`])),
        ...given,
        METADATA: file("metadata"),
      },
    });
    return { status, stderr, output: readFileSync(file("output"), "utf8"), calls: readFileSync(file("calls"), "utf8") };
  };
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
  const [build, ...others] = words(calls);
  assert.deepEqual(others, []);
  const at = build!.indexOf("--metadata-file");
  assert.deepEqual(build!.toSpliced(at, 2), [
    "docker",
    "buildx",
    "build",
    "--push",
    "--tag",
    "ghcr.io/team/web:c0ffee",
    ".",
  ]);
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
  assert.deepEqual(build.toSpliced(build.indexOf("--metadata-file"), 2), [
    ...["docker", "buildx", "build", "--push", "--tag", `${repository}:v1`, "--builder", "baton"],
    ...["--file", "web/Dockerfile", "--target", "web", "--platform", "linux/amd64,linux/arm64"],
    ...["--build-arg", "WORDS=a $(touch owned)", "--build-arg", 'STAGE=x "y'],
    ...["--cache-from", layers],
    ...["--cache-to", "type=registry,mode=max,image-manifest=true,ref=1.dkr.ecr.eu-central-1.amazonaws.com/web:l"],
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
