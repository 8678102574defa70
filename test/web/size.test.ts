import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildWeb } from "../../build/web.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the first view is below 250 kB compressed, and nothing in its page runs or is styled in place", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "web-"));
  t.after(() => rmSync(folder, { recursive: true }));
  await buildWeb(root, folder);
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const files = Array.from(page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g), ([, address]) => address!);
  assert.equal(files.length, 5, `icon, theme, letters, style and program: ${files}`);
  const style = files.find((file) => file.endsWith(".css"))!;
  const letters = readFileSync(join(folder, style), "utf8").matchAll(/url\("?(\/assets\/[^")]+)/g);
  const all = new Set([...files, ...Array.from(letters, ([, address]) => address!)]);
  const sizes = [...all].map((file) => gzipSync(readFileSync(join(folder, file))).length);
  const total = sizes.reduce((sum, size) => sum + size, gzipSync(page).length);
  assert.ok(total > 50_000, `${total} bytes cannot be all of it`);
  assert.ok(total < 250_000, `${total} bytes`);
  assert.doesNotMatch(page, /<style|style=|<script>|javascript:|\son\w+=|https?:/);
});
