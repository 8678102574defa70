/** The dashboard as people use it: a real server with real runs, in Debian's Chromium. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { type Sandbox, sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "../server/serving.ts";
import { openBrowser, openPage, violations } from "./browser.ts";
import { files } from "./delivery.ts";

async function run(box: Sandbox, expected: number): Promise<void> {
  const { code, stderr } = await box.baton("run", "--to", "prod");
  assert.equal(code, expected, stderr);
}

const text = (page: Page, words: string | RegExp) => page.getByText(words).first().waitFor();

const inBrowser = fullDepth("chromium");

test(
  "what happens is seen without a reload: a run that asks, what somebody else answers, and after the server was away",
  inBrowser,
  async (t) => {
    const box = sandbox(t, { files });
    await using server = await serving(box);
    await using browser = await openBrowser();
    const { page, complaints } = await openPage(browser, server.url);
    const phone = await openPage(browser, `${server.url}/approvals`, { width: 360, height: 740, theme: "dark" });
    await text(page, "Nothing was deployed yet");
    await text(phone.page, "Nobody waits for an answer");
    await run(box, 0);
    await text(page, "Waiting for you");
    await phone.page.getByRole("heading", { name: "Release 1 to prod" }).waitFor();
    assert.equal(await phone.page.getByText("Mind the <b>budget</b>").count(), 1, "a message is text and no markup");

    await phone.page.getByRole("textbox", { name: "Reason" }).fill("The budget is fine");
    await phone.page.getByRole("button", { name: "Approve 1 for prod" }).click();
    await text(phone.page, "Nobody waits for an answer");
    await page.getByRole("link", { name: /^web in prod: release 1/ }).waitFor();
    assert.equal(await page.getByText("Waiting for you").count(), 0);

    await server.stop();
    await text(page, "what you see may have changed");
    const { stdout } = await box.baton("token", "create", "kim", "--role", "viewer");
    await using _again = await serving(box, "--port", new URL(server.url).port);
    await page.getByRole("textbox", { name: "Token" }).fill(stdout.trim());
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: /^kim/ }).waitFor();
    await page.getByRole("link", { name: /^web in prod: release 1/ }).waitFor();
    assert.deepEqual([...complaints, ...phone.complaints], []);
  },
);

test("one release asks for prod, and the one after it has failed", inBrowser, async (t) => {
  const box = sandbox(t, { files });
  await run(box, 0);
  box.write({ "api/health": "bad\n" });
  box.commit("The API is ill");
  await run(box, 1);
  await using server = await serving(box);
  await using browser = await openBrowser();

  await t.test("the failed run opens where it failed, and its address says so", async () => {
    const { page, complaints } = await openPage(browser, server.url, { width: 1440 });
    await page.getByRole("link", { name: "See the log" }).click();
    const line = page.locator(".log-line.is-chosen");
    await line.waitFor();
    assert.match(await line.innerText(), /Error: <script>alert\(1\)<\/script> refused/);
    assert.equal(new URL(page.url()).search, "?job=api.deploy%40dev&line=61");
    await page.reload();
    await line.waitFor();
    await page.getByRole("searchbox").fill("59");
    await text(page, "–/1");
    await page.getByRole("searchbox").press("Enter");
    await page.waitForURL(/line=59/);
    assert.match(await line.innerText(), /59/);
    await page.goBack();
    await text(page, "Wrong now");
    assert.deepEqual(complaints, []);
  });

  await t.test("everything can be reached with the keys alone", async () => {
    const { page, complaints } = await openPage(browser, server.url);
    await text(page, "Waiting for you");
    await page.keyboard.press("?");
    await text(page, "Go to Approvals");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL("**/approvals");
    await page.keyboard.press("g");
    await page.keyboard.press("b");
    await page.getByRole("link", { name: /^api in dev: release 1/ }).focus();
    await page.keyboard.press("ArrowDown");
    assert.match(await page.evaluate<string>("document.activeElement.textContent"), /^web in dev: release 1/);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/releases/1");
    await page.getByRole("link", { name: "r0001" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/runs/r0001");
    await text(page, "needs approval");
    await page.keyboard.press("w");
    await page.getByRole("dialog", { name: /not running/ }).waitFor();
    assert.match(page.url(), /why=r0001/);
    await text(page, "needs an approval by release-managers");
    await page.keyboard.press("Escape");
    await page.waitForURL((url) => !url.search.includes("why"));
    assert.deepEqual(complaints, []);
  });

  await t.test("the map is drawn smaller by a key, larger by a wheel with Ctrl, and moved by its ground", async () => {
    const { page, complaints } = await openPage(browser, `${server.url}/map?by=jobs`, { width: 500, height: 420 });
    const node = page.locator(".node").first();
    await node.waitFor();
    const widthOf = async () => (await node.boundingBox())!.width;
    const whole = await widthOf();
    await page.keyboard.press("-");
    await page.waitForURL(/zoom=80/);
    assert.ok(Math.abs((await widthOf()) - 0.8 * whole) < 2);
    const { x, y } = (await page.locator(".graph").boundingBox())!;
    await page.mouse.move(x + 90, y + 20);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -100);
    await page.waitForURL((url) => !url.searchParams.has("zoom"));
    await page.mouse.wheel(0, -100);
    await page.keyboard.up("Control");
    await page.waitForURL(/zoom=130/);
    const graph = page.locator(".graph");
    await graph.evaluate((element) => element.scrollTo(0, 0));
    await page.mouse.down();
    await page.mouse.move(x + 60, y + 20);
    await page.mouse.up();
    assert.equal(await graph.evaluate((element) => element.scrollLeft), 30);
    await page.getByRole("button", { name: "Smaller" }).click();
    await page.waitForURL((url) => !url.searchParams.has("zoom"));
    assert.deepEqual(complaints, []);
  });

  const pages: [string, string][] = [
    ["/", "Wrong now"],
    ["/?wall", "Wrong now"],
    ["/?freeze=prod", "Nothing begins to be deployed"],
    ["/runs", "failed"],
    ["/runs/1", "needs approval"],
    ["/runs/2?job=api.deploy@dev", "Health check"],
    ["/runs/1?why=r0001%20web.deploy@prod", "needs an approval by"],
    ["/releases", "was there"],
    ["/releases/1", "came with its run"],
    ["/releases/2?from=dev", "The API is ill"],
    ["/map?release=1&node=api.deploy@dev", "There now"],
    ["/map?by=pipelines&zoom=60", "2 pipelines"],
    ["/map?by=jobs&find=web+prod", "6 jobs"],
    ["/races?step=5", "1 finding"],
    ["/figures", "failed or was taken back"],
    ["/settings", "At most"],
    ["/approvals", "Release 1 to prod"],
    ["/nowhere", "There is no such page"],
  ];
  await t.test("no page breaks a rule of accessibility or is wider than its window", async () => {
    for (const [width, theme, looked] of [
      [360, "light", pages],
      [1024, "dark", pages.slice(2, 8)],
      [2560, "dark", pages.slice(0, 1)],
    ] as const) {
      const { page, complaints } = await openPage(browser, server.url, { width, theme });
      for (const [address, words] of looked) {
        await page.goto(server.url + address);
        await text(page, words);
        assert.deepEqual(await violations(page), [], `${address} at ${width}, ${theme}`);
        const beyond = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
        assert.ok(beyond <= 0, `${address} at ${width} is ${beyond} pixels too wide`);
      }
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  });

  await t.test("a release shows its way, and what is between it and what an environment has", async () => {
    const { page, complaints } = await openPage(browser, `${server.url}/releases`);
    await page.getByRole("link", { name: "Release 2" }).click();
    await page.getByRole("listitem").filter({ hasText: "dev" }).getByText("failed").first().waitFor();
    await page.getByRole("combobox", { name: "Compared with" }).selectOption("dev");
    await page.waitForURL(/from=dev/);
    await text(page, "The API is ill");
    await page.reload();
    await text(page, "The API is ill");
    assert.deepEqual(complaints, []);
  });

  await t.test("what a promotion would change is seen before it is one, and the access log has it", async () => {
    const { page, complaints } = await openPage(browser, server.url);
    await page.getByRole("link", { name: /^api in dev: release 1/ }).focus();
    await page.keyboard.press("r");
    await page.getByRole("dialog").getByText("It was in dev as a whole before").waitFor();
    await page.keyboard.press("Escape");
    await page.goto(`${server.url}/releases/1`);
    await page.getByRole("link", { name: "Promote to prod" }).click();
    await text(page, "Proven in dev, with exactly these files");
    assert.deepEqual(await violations(page), []);
    await page.getByRole("textbox", { name: "Reason" }).fill("It is needed now");
    await page.getByRole("button", { name: "Promote 1 to prod" }).click();
    await page.getByRole("heading", { name: "Promotion of release 1" }).waitFor();
    await page.goto(`${server.url}/access-log`);
    await text(page, "promote release 1 in prod");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(complaints, []);
  });

  await t.test("a run and a release are gone back in, with the keys, and the address says to where", async () => {
    const { page, complaints } = await openPage(browser, `${server.url}/runs/2?job=api.deploy@dev`, { width: 1440 });
    await page.getByText("the run has failed").waitFor();
    await page.keyboard.press("[");
    await page.waitForURL(/at=\d+/);
    await text(page, "As it was at");
    for (let n = 0; n < 40 && !(await page.locator(".node.state-running").count()); n++) await page.keyboard.press("[");
    assert.ok((await page.locator(".node.state-failed").count()) === 0, "what failed later was running then");
    assert.equal(await page.getByRole("button", { name: "Retry" }).count(), 0, "the past offers no deeds");
    assert.deepEqual(await violations(page), []);
    await page.reload();
    await text(page, "As it was at");
    await page.getByRole("slider", { name: "Moment" }).focus();
    await page.keyboard.press("End");
    await page.waitForURL((url) => !url.search.includes("at="));
    await page.getByRole("button", { name: "Retry" }).waitFor();
    await page.goto(`${server.url}/releases/1`);
    await page.getByRole("slider", { name: "Moment" }).focus();
    await page.keyboard.press("Home");
    await page.waitForURL(/at=\d+/);
    await page.getByRole("listitem").filter({ hasText: "dev" }).getByText("not there yet").waitFor();
    assert.deepEqual(complaints, []);
  });

  await t.test("an environment is frozen with a reason, which somebody else sees at once, and thawed", async () => {
    const { page, complaints } = await openPage(browser, server.url);
    const other = await openPage(browser, server.url, { width: 360 });
    await text(other.page, "Wrong now");
    await page.getByRole("link", { name: /^api in dev: release 1/ }).focus();
    await page.keyboard.press("f");
    const freeze = page.getByRole("button", { name: "Freeze dev for 4 hours" });
    await freeze.waitFor();
    assert.ok(await freeze.isDisabled(), "nobody is held up without a reason");
    await page.getByRole("textbox", { name: "Reason" }).fill("<b>The fair</b> javascript:alert(1)");
    await freeze.click();
    await page.getByRole("link", { name: /frozen, \d h left/ }).waitFor();
    await text(other.page, "<b>The fair</b> javascript:alert(1)");
    assert.deepEqual(await violations(other.page), []);
    await other.page.getByRole("region", { name: "Frozen" }).getByRole("link", { name: "Open" }).click();
    await other.page.getByRole("button", { name: /^Thaw dev/ }).click();
    await page.getByRole("link", { name: "Freeze dev" }).waitFor();
    assert.deepEqual([...complaints, ...other.complaints], []);
    await other.page.context().close();
  });

  await t.test(
    "a race is stepped through on the graph up to what must not be, and what a file names is text",
    async () => {
      const { page, complaints } = await openPage(browser, server.url, { width: 1440 });
      await text(page, "Wrong now");
      await page.keyboard.press("g");
      await page.keyboard.press("c");
      await text(page, "this must not be");
      assert.equal(await page.locator(".node.is-lit").count(), 2);
      assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
      await page.getByRole("button", { name: "Play" }).click();
      await page.waitForURL(/step=[1-9]/);
      await page.keyboard.press(" ");
      await page.getByRole("button", { name: "Play" }).waitFor();
      await page.getByRole("link", { name: "push of c1 to main" }).click();
      await page.waitForURL(/step=0/);
      assert.equal(await page.locator(".race-graph .node.state-waiting").count(), 5);
      await page.reload();
      await text(page, "1 of");
      await page.keyboard.press("]");
      await page.waitForURL(/step=1/);
      await page.locator(".race-graph .node.state-running").waitFor();
      await text(page, "<img src=x onerror=alert(1)> starts");
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(complaints, []);
    },
  );

  await t.test("a run is cancelled from its page, after it was said what that means", async () => {
    const { page, complaints } = await openPage(browser, `${server.url}/runs/1`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await text(page, "What is deployed already stays");
    await page.getByRole("button", { name: "Start nothing new" }).click();
    await page.getByRole("button", { name: "Retry" }).waitFor();
    assert.equal(await page.getByRole("dialog").count(), 0);
    assert.deepEqual(complaints, []);
  });
});
