/** A small delivery whose jobs write down what they do, on the machine. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { loadYaml } from "../../../src/model/load-yaml.ts";
import { neededSettings } from "../../../src/platforms/github/settings/needed.ts";
import type { WriteOptions } from "../../../src/platforms/github/write/options.ts";
import { writeWorkflows } from "../../../src/platforms/github/write/write.ts";
import { type Machine, type MachineOptions, machine, type Run } from "./machine.ts";

/** Every job writes a line about itself; infra publishes one output of every type, and web takes them with two artifacts. */
export const definition = `name: shop
variables: { region: eu }
parameters: { size: { options: [small, large], default: small } }
environments:
  dev: { branch: develop, variables: { region: local } }
  test: { branch: main }
  prod: { after: test, approval: { reviewers: [owners] } }
pipelines:
  infra:
    paths: ["infra/**"]
    outputs: { url: url, count: number, ready: boolean, shape: json, Words_of_it: string }
    jobs:
      apply:
        deploys: true
        retry: { attempts: 2, delay: 0s }
        env: { WHERE: { context: environment }, REGION: { variable: region }, SIZE: { parameter: size } }
        steps:
          - name: Apply
            run: |
              test ! -e "$MARKS/fail-infra-$WHERE"
              if [ -e "$MARKS/fail-once" ]; then rm "$MARKS/fail-once"; exit 1; fi
              echo "infra $WHERE $REGION $SIZE $(cat infra/version)" >> "$MARKS/log"
              {
                echo "url=https://$WHERE.example.org/"
                echo count=3
                echo ready=true
                echo 'shape={"a": [1]}'
                echo "Words_of_it<<END"
                echo "one two"
                echo "three"
                echo END
              } >> "$BATON_OUTPUT"
  web:
    needs: infra
    paths: ["web/**"]
    workingDirectory: web
    jobs:
      build:
        per: release
        steps:
          - name: Build
            run: |
              mkdir -p dist/bin && cp version dist/ && printf '#!/bin/sh\\n' > dist/bin/go && chmod +x dist/bin/go
              cp version site.txt
              echo "build $(cat version)" >> "$MARKS/log"
        artifacts: { dist: dist, web_page: site.txt }
      deploy:
        needs: build
        deploys: true
        uses: [dist, { artifact: web_page, path: public/page.txt }]
        env:
          WHERE: { context: environment }
          URL: { output: infra.url }
          WORDS: { output: infra.Words_of_it }
        steps:
          - name: Deploy
            run: |
              test ! -e "$MARKS/fail-web-$WHERE"
              test -x dist/bin/go
              echo "web $WHERE $URL $(cat dist/version) $(cat public/page.txt) $(echo "$WORDS" | tail -n 1)" >> "$MARKS/log"
`;

const sources = { "infra/version": "i1\n", "web/version": "w1\n" };

export function shopMachine(
  t: TestContext,
  options: WriteOptions,
  text = definition,
  { env = {}, tools = {} }: Pick<MachineOptions, "env" | "tools"> = {},
): Machine & { log(): string[]; mark(name: string): string } {
  const loaded = loadYaml(text, "baton.yaml");
  assert.ok(loaded.ok, "the definition is accepted");
  const made = machine(t, {
    workflows: writeWorkflows(loaded.value, options),
    files: sources,
    env: { ...env, MARKS: "" },
    tools,
    settings: neededSettings(loaded.value, options),
  });
  const folder = join(made.shop.scratch, "marks");
  mkdirSync(folder);
  (made.shop.env as Record<string, string>).MARKS = folder;
  const file = join(folder, "log");
  return {
    ...made,
    mark: (name) => join(folder, name),
    log() {
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, "utf8").trim().split("\n");
      rmSync(file);
      return lines;
    },
  };
}

export function good(runs: readonly Run[], { shop }: Machine): void {
  for (const run of runs) {
    assert.equal(run.conclusion, "success", `${[...run.jobs].join("\n")}\n${shop.log.join("\n")}`);
    good(run.followers, { shop } as Machine);
  }
}
