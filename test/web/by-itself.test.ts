/** The board says what is promoted by itself, and what is not, and why. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "../server/serving.ts";
import { openBrowser, openPage, violations } from "./browser.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  test: { after: dev, promote: { soak: 2h } }
pipelines:
  web: { jobs: { deploy: { deploys: true, steps: ["cat page"] } } }
`;

test(
  "the board says when a release goes on by itself, and that one that was run by hand stays",
  fullDepth("chromium"),
  async (t) => {
    const box = sandbox(t, { files: { "baton.yaml": definition, ".gitignore": ".baton\n", page: "one\n" } });
    const pushed = await box.baton("run", "--event", "push", "--yes");
    assert.equal(pushed.code, 0, pushed.stderr);
    await using server = await serving(box);
    await using browser = await openBrowser();
    const { page, complaints } = await openPage(browser, server.url);
    const head = page.getByRole("columnheader", { name: /^test/ });
    await head.getByText(/^1 in (2 h|1 h|\d+ min)/).waitFor();
    assert.deepEqual(await violations(page), []);
    box.write({ page: "two\n" });
    box.commit("by hand");
    assert.equal((await box.baton("run", "--to", "dev")).code, 0);
    await head.getByText("2 stays").waitFor();
    assert.match(
      (await head.getByTitle(/by itself/).getAttribute("title"))!,
      /^release 2 does not go to test by itself: \S+ ran it by hand$/,
    );
    assert.deepEqual(complaints, []);
  },
);
