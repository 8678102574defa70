/** Long logs over HTTP: the line that says why, pages by number, and what was left out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "../../src/server/wire/routes.ts";
import { sandbox } from "../cli/sandbox.ts";
import { serving } from "./serving.ts";

const definition = `name: shop
environments: { dev: { branch: main } }
pipelines:
  web:
    jobs:
      build:
        per: release
        steps:
          - "seq -f 'error %.0f is expected here' 1 5000"
          - "seq 1 9000; echo 'Error: it broke'; seq 1 9000; exit 3"
      short: { per: release, steps: ["echo one; echo two; exit 4"] }
`;

test("a failed job's log opens at the first line of the failing step that looks like it", async (t) => {
  const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n" } });
  assert.equal((await box.baton("run", "--to", "dev")).code, 1);
  await using server = await serving(box);
  const page = async (job: string, query: string) =>
    routes.logs.answer.parse(await server.json(`/api/runs/1/logs/${job}?${query}`)).view;
  const failing = await page("web.build", "at=failure&most=2000");
  assert.deepEqual([failing.failing, failing.total, failing.cut, failing.end], [14_000, 23_001, undefined, "complete"]);
  assert.deepEqual([failing.lines[0]?.line, failing.lines.length], [14_000, 2000], "a page that others stand beside");
  assert.equal(failing.lines[0]?.text, "Error: it broke");
  const { lines } = await page("web.build", "from=4999&most=2");
  assert.deepEqual(
    lines.map(({ line, step, text }) => [line, step, text]),
    [
      [4999, 0, "error 5000 is expected here"],
      [5000, 1, "1"],
    ],
  );
  const last = await page("web.build", "most=1");
  assert.deepEqual([last.lines[0]?.line, last.lines[0]?.text], [23_000, "9000"]);
  const short = await page("web.short", "at=failure");
  assert.deepEqual([short.failing, short.lines.map(({ text }) => text)], [1, ["one", "two"]], "else at its end");
  const text = await (await server.get("/api/runs/1/logs/web.build/text")).text();
  assert.equal(text.split("\n").length, 23_002);
});
