/**
 * Draws docs/pictures/ anew: `node test/web/pictures.ts` makes a real past with real runs, serves it and looks at it with
 * Debian's Chromium, with the same names, releases and states each time. Only commits and the seconds that jobs took differ.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { sandbox } from "../cli/sandbox.ts";
import { serving } from "../server/serving.ts";
import { type Look, openBrowser, openPage } from "./browser.ts";
import { past, shop } from "./shop.ts";

interface Page {
  name: string;
  address: string;
  /** When this can be seen, the page is whole: words, or a selector. */
  shows: string;
  /** Keys that are pressed before, one after the other. */
  press?: string;
}

const pages: readonly Page[] = [
  { name: "board", address: "/", shows: ".runs-subject:not(:empty)" },
  { name: "wall", address: "/?wall", shows: "Wrong now" },
  { name: "freeze", address: "/?freeze=prod", shows: "Freeze prod for" },
  { name: "map", address: "/map?by=pipelines&release=4", shows: ".node.is-lit" },
  { name: "map-jobs", address: "/map?by=jobs&node=api.deploy%40dev", shows: "There now" },
  { name: "releases", address: "/releases", shows: "was there" },
  { name: "release", address: "/releases/4", shows: "taken back" },
  { name: "promote", address: "/releases/4?move=promotion+prod+4", shows: "Promote 4 to prod" },
  { name: "runs", address: "/runs", shows: "failed" },
  { name: "run", address: "/runs/newest", shows: "503 after 5 attempts" },
  { name: "run-past", address: "/runs/newest", shows: ".node.state-running", press: "[[[[" },
  { name: "why", address: "/runs/7?why=r0007%20web.deploy%40prod", shows: "needs an approval" },
  { name: "approval", address: "/approvals", shows: ".question-diff" },
  { name: "races", address: "/races?step=5", shows: ".races-head" },
  { name: "figures", address: "/figures", shows: ".figure" },
  { name: "access-log", address: "/access-log", shows: ".access-page" },
  { name: "settings", address: "/settings", shows: "At most" },
  { name: "nowhere", address: "/nowhere", shows: "There is no such page" },
];

const looks = {
  "": { width: 1280, height: 760 },
  "-dark": { width: 1280, height: 760, theme: "dark" },
  "-phone": { width: 360, height: 740 },
  "-phone-dark": { width: 360, height: 880, theme: "dark" },
  "-wall": { width: 2560, height: 1300, theme: "dark" },
} as const satisfies Record<string, Look>;

/**
 * What the documentation shows; with a folder on the command line, every page in every look goes there
 * instead, or those that are named behind it.
 */
const shown = [
  "board",
  "board-dark",
  "board-phone",
  "board-wall",
  "map",
  "release",
  "promote-dark",
  "run",
  "run-dark",
  "run-past",
  "races",
  "figures",
  "approval-phone-dark",
];
const [elsewhere, ...only] = process.argv.slice(2);
const folder = elsewhere ?? fileURLToPath(new URL("../../docs/pictures", import.meta.url));

const left: (() => unknown)[] = [];
const box = sandbox({ after: (leave: () => unknown) => left.push(leave) } as unknown as TestContext, {
  files: shop,
  commit: false,
});
try {
  for (const happening of past) {
    if ("commit" in happening) {
      const { author, commit, files } = happening;
      box.write(files);
      box.git("add", "--all");
      box.git("-c", `user.name=${author}`, "commit", "--quiet", "--message", commit);
    } else {
      const { code, stderr } = await box.baton(...happening.baton);
      assert.equal(code, happening.ends, `${happening.baton.join(" ")}: ${stderr}`);
    }
  }
  await using server = await serving(box);
  await using browser = await openBrowser();
  for (const { name, address, shows, press = "" } of pages) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const [suffix, look] of Object.entries(looks)) {
      if (elsewhere === undefined && !shown.includes(name + suffix)) continue;
      const { page, complaints } = await openPage(browser, server.url + address, look);
      if (press !== "") await page.locator(".time-room").waitFor();
      for (const key of press) await page.keyboard.press(key);
      await (shows.startsWith(".") ? page.locator(shows) : page.getByText(shows)).first().waitFor();
      await page.getByText("live", { exact: true }).waitFor({ state: "attached" });
      await page.evaluate("document.fonts.ready");
      await page.screenshot({ path: join(folder, `${name}${suffix}.png`) });
      assert.deepEqual(complaints, [], name);
      await page.context().close();
    }
  }
} finally {
  for (const leave of left) leave();
}
