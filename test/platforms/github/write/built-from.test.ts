/** A build that takes what another pipeline builds gets it, also where nothing of that pipeline has changed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fullDepth } from "../../../lane/needs.ts";
import { programBox } from "./program.ts";

const definition = `name: shop
environments: { test: { branch: main } }
pipelines:
  base:
    paths: ["base/**"]
    outputs: { image: { type: string, job: build } }
    jobs: { build: { per: release, steps: [./build.sh] } }
  middle:
    paths: ["middle/**"]
    needs: base
    jobs: { build: { per: release, env: { FROM: { output: base.image } }, steps: [./build.sh], artifacts: { dist: dist } } }
  web:
    paths: ["web/**"]
    needs: [base, middle]
    jobs:
      build: { per: release, uses: [{ artifact: middle.dist }], steps: [./build.sh] }
      deploy: { needs: build, deploys: true, steps: [./deploy.sh] }
  other:
    paths: ["other/**"]
    needs: base
    jobs:
      build: { per: release, steps: [./build.sh] }
      deploy: { needs: build, deploys: true, env: { IMAGE: { output: base.image } }, steps: [./deploy.sh] }
`;

test("what a build takes is built with it, and nothing else is", fullDepth("gh", "jq", "zip", "unzip"), (t) => {
  const box = programBox(t, definition);
  const names = ["base", "middle", "web", "other"];
  const commit = box.commit(Object.fromEntries(names.map((name) => [`${name}/file`, "1"])));
  box.run({ id: 100 });
  box.leave("started-test", 100, {});
  box.leave("dist", 100, {});
  const digest = `sha256:${"a".repeat(64)}`;
  const deployed = (name: string) => ({
    release: 100,
    commit,
    outputs: name === "base" ? { image: "old" } : {},
    artifacts: name === "middle" ? { dist: { digest, run: "100", name: "dist" } } : {},
  });
  box.leave("release-test", 100, {
    version: 1,
    environment: "test",
    run: "100",
    commit,
    pipelines: Object.fromEntries(names.map((name) => [name, deployed(name)])),
  });
  const builds = (changed: string, id: number) => {
    box.commit({ [`${changed}/file`]: String(id) });
    box.run({ id });
    const { status, outputs, log } = box.start("plan", { ENVIRONMENT: "", PIPELINE: "" });
    assert.equal(status, 0, log);
    return [...outputs.matchAll(/^build_(\w+)(?:=|<<\S+\n)yes$/gm)].map(([, name]) => name);
  };
  // It takes the image where it is deployed: what is there stands in.
  assert.deepEqual(builds("other", 500), ["other"]);
  assert.deepEqual(builds("web", 501), ["base", "middle", "web", "other"]);
});
