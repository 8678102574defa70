import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { applyEdits } from "../../src/findings/apply-edits.ts";
import { casesOf, checkFolder, lines } from "./cases.ts";

describe("repaired files", () => {
  for (const { rule, name, folder } of casesOf("err")) {
    const { repository, findings } = checkFolder(folder);
    if (!findings.some((finding) => finding.edits)) continue;
    test(`${rule}/${name}: nothing is found any more`, () => {
      const { texts, repaired } = applyEdits(findings, repository.sources);
      assert.ok(repaired > 0);
      const copy = mkdtempSync(join(tmpdir(), "baton-fix-"));
      try {
        cpSync(folder, copy, { recursive: true });
        for (const [file, text] of texts) {
          assert.deepEqual(comments(text), comments(repository.sources.get(file)!.text), "comments are kept");
          writeFileSync(join(copy, file), text);
        }
        assert.equal(lines(checkFolder(copy).findings), "", [...texts.values()].join("\n"));
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    });
  }
});

function comments(text: string): string[] {
  return text.match(/#.*$/gm) ?? [];
}
