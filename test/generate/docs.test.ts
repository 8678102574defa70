import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sandbox } from "../cli/sandbox.ts";

const page = readFileSync(new URL("../../docs/generate-github.md", import.meta.url), "utf8");

test("what the page shows is what the command does", async (t) => {
  const files = Object.fromEntries(
    [...page.matchAll(/^```yaml title="(.*)"\n([\s\S]*?)^```$/gm)].map(([, name, text]) => [name!, text!]),
  );
  assert.deepEqual(Object.keys(files), ["baton.yaml", "baton.github.yaml", ".github/actionlint.yaml"]);
  const shown = [...page.matchAll(/^```console\n\$ baton (.*)\n([\s\S]*?)^```$/gm)];
  assert.equal(shown.length, 1);
  const repo = sandbox(t, { files: { "baton.yaml": files["baton.yaml"]! } });
  for (const [, call, output] of shown) assert.equal((await repo.baton(...call!.split(" "))).stdout, output);
  repo.write({ "baton.github.yaml": files["baton.github.yaml"]! });
  assert.equal((await repo.baton("generate", "github")).code, 0);
  assert.match(repo.read(".github/workflows/web.yml"), /Tell the team/);
  const help = (await repo.baton("generate", "--help")).stdout;
  for (const [option] of page.matchAll(/(?<=`)--[a-z-]+/g)) assert.ok(help.includes(option), option);
});
