/** A server of several deliveries as people use it: from the board of all into one, and on from there. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "../server/serving.ts";
import { openBrowser, openPage, violations } from "./browser.ts";
import { files } from "./delivery.ts";

test(
  "every link of a delivery stays with it, and what happens there is seen on the board of all",
  fullDepth("chromium"),
  async (t) => {
    const [shop, billing, broken] = [sandbox(t, { files }), sandbox(t, { files }), sandbox(t, { files })];
    for (const box of [shop, broken]) assert.equal((await box.baton("run", "--to", "prod")).code, 0);
    writeFileSync(join(broken.root, ".baton", "journal.db"), "no database\n".repeat(1000));
    const lines = Object.entries({ shop, billing, broken }).map(
      ([name, { root }]) => `  ${name}: { folder: ${JSON.stringify(root)} }\n`,
    );
    const here = sandbox(t, { files: { "deliveries.yaml": `deliveries:\n${lines.join("")}` } });
    await using server = await serving(here, "--deliveries", "deliveries.yaml");
    await using browser = await openBrowser();
    const { page, complaints } = await openPage(browser, server.url, { width: 1280 });

    await page.getByText("1 asks").waitFor();
    await page
      .getByText(/journal/)
      .first()
      .waitFor();
    const [first] = await page.locator(".delivery-place", { hasText: "dev" }).all();
    assert.match(await first!.innerText(), /dev\s*release\s*1/);
    for (const look of [{ width: 360 }, { width: 2560, theme: "dark" }] as const) {
      const other = await openPage(browser, server.url, look);
      await other.page.getByText("1 asks").waitFor();
      assert.deepEqual(await violations(other.page), []);
      assert.ok(await other.page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth"), "it fits");
      assert.deepEqual(other.complaints, []);
    }
    const dev = page.locator(".delivery", { has: page.getByRole("link", { name: "billing", exact: true }) });
    await dev.getByText("not deployed").first().waitFor();
    assert.equal((await billing.baton("run", "--env", "dev")).code, 0);
    await dev.getByText("passed").first().waitFor();

    await page.getByRole("link", { name: "shop", exact: true }).click();
    await page.waitForURL("**/d/shop/");
    await page.getByText("Waiting for you").waitFor();
    await page.getByText("live", { exact: true }).waitFor();
    const links = await page
      .locator("a[href]")
      .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).pathname));
    const ours = links.filter((link) => link.startsWith("/d/shop/"));
    assert.deepEqual([...new Set(links.filter((link) => !ours.includes(link)))], ["/"], "only the way back leads out");
    assert.ok(ours.length > 10, String(ours.length));
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.waitForURL("**/d/shop/runs");
    await page
      .getByRole("link", { name: /^Release 1|^1/ })
      .first()
      .click();
    await page.waitForURL(/\/d\/shop\/(runs|releases)\//);
    await page.reload();
    await page.getByText("needs approval").first().waitFor();
    await page.goto(`${server.url}/d/shop/approvals`);
    await page.getByRole("textbox", { name: "Reason" }).fill("The budget is fine");
    await page.getByRole("button", { name: "Approve 1 for prod" }).click();
    await page.getByText("Nobody waits for an answer").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("link", { name: /all deliveries/ }).click();
    await page.waitForURL(`${server.url}/`);
    await page.getByText("1 asks").waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
  },
);
