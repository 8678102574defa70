/** The commands of docs/serve.md, carried out one after another against a real server. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { routes } from "../../src/server/wire/routes.ts";
import { batonFile, sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "./serving.ts";

const page = readFileSync(new URL("../../docs/serve.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);

const definition = `name: shop
environments:
  dev: { branch: main }
  test: { after: dev }
  prod: { after: test, approval: {} }
pipelines:
  web:
    jobs: { deploy: { deploys: true, steps: [echo $BATON_ENVIRONMENT] } }
`;

test(
  "the page's commands work in its order: a run is started, and tokens are made",
  fullDepth("curl", "jq"),
  async (t) => {
    const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n" } });
    await using server = await serving(box);
    const { NODE_TEST_CONTEXT, FORCE_COLOR, ...surroundings } = process.env;
    const path = `${dirname(batonFile)}:${process.env.PATH}`;
    const env = { ...surroundings, ...box.env, PATH: path, BATON_URL: server.url };
    const outputs = blocks.map((block) =>
      execFileSync("bash", ["-euo", "pipefail", "-c", block], { cwd: box.root, env, encoding: "utf8" }),
    );
    assert.equal(blocks.length, 2);
    assert.match(outputs[0]!, /"run":"r0001"/);
    for (const line of [/ ada +operator approver:test +for 90 days/, / wall +viewer +for 365 days/]) {
      assert.match(outputs[1]!, line);
    }
    await until("the run asks for prod", () => box.exists(".baton/journal.db"));
    assert.equal((await server.get("/api/status")).status, 401);
  },
);

test("the page names every address that takes a role, with the role", () => {
  for (const { path, role } of Object.values(routes)) {
    const parts = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase()).split("/");
    const lines = page.split("\n").filter((line) => line.startsWith("|") && line.includes(parts.slice(0, 3).join("/")));
    assert.ok(lines.length > 0, path);
    assert.ok(
      lines.some((line) => role === "anybody" || line.includes(`| ${role} |`)),
      `${path}: ${role}`,
    );
    const last = parts.at(-1)!;
    assert.ok(
      lines.some((line) => line.includes(last)),
      `${path}: ${last}`,
    );
  }
});
