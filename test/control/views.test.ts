/** The views are what programs read: plain JSON with a version, the same bytes for the same journal. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { storefrontFiles } from "../cli/deliveries.ts";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";

const golden = (name: string) => new URL(`golden/${name}.txt`, import.meta.url);

/** What differs from machine to machine and from run to run. */
const passing: readonly [RegExp, string][] = [
  [/"(commit|digest)": "(sha256:)?[0-9a-f]{7,}"/g, '"$1": "ID"'],
  [/"by": "[^"]+"/g, '"by": "SOMEBODY"'],
  [/"(at|createdAt|finishedAt|startedAt|expiresAt|durationMs|sizeBytes)": [\d.]+/g, '"$1": 0'],
];

const settled = (text: string) => passing.reduce((now, [pattern, word]) => now.replace(pattern, word), text);

test("status, run, plan, explanation and outputs as JSON", fullDepth(), async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const shown: [string, string[]][] = [
    ["plan", ["plan", "--env", "dev"]],
    ["explain", ["plan", "--explain", "web.build"]],
    ["run", ["run", "--to", "prod"]],
    ["status", ["status"]],
    ["outputs", ["outputs", "--env", "dev"]],
    ["approved", ["approve"]],
    ["nothing-to-do", ["resume"]],
  ];
  for (const [name, args] of shown) {
    const { stdout } = await box.baton(...args, "--json");
    const { critical, text } = withoutChance(JSON.parse(stdout));
    assert.ok(critical === undefined || Array.isArray(critical), `${name} has a critical path`);
    if (process.env.UPDATE) writeFileSync(golden(name), text);
    assert.equal(text, readFileSync(golden(name), "utf8"), `${name}: UPDATE=1 writes it anew`);
  }
});

/** Which of two jobs that take no time was the longer one is chance. */
function withoutChance(view: Record<string, unknown>): { critical: unknown; text: string } {
  assert.equal(view.version, 1);
  const { criticalPath, ...rest } = view;
  const open = (rest.open as { criticalPath: unknown }[] | undefined)?.map(({ criticalPath: _, ...run }) => run);
  const whole = open === undefined ? rest : { ...rest, open };
  return { critical: criticalPath, text: `${settled(JSON.stringify(whole, null, 2))}\n` };
}
