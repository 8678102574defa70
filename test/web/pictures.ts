/**
 * Draws docs/pictures/ anew: `node test/web/pictures.ts` makes a real past with real runs, serves it and looks at it with
 * Debian's Chromium, with the same names, releases and states each time. Only commits and the seconds that jobs took differ.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { sandbox } from "../cli/sandbox.ts";
import { serving } from "../server/serving.ts";
import { type Look, openBrowser, openPage } from "./browser.ts";
import { past, shop } from "./shop.ts";

interface Picture extends Look {
  name: string;
  address: string;
  /** When this can be seen, the page is whole: words, or a selector. */
  shows: string;
}

const desk = { width: 1280, height: 760 };
const phone = { width: 360, height: 740 };
const dark = { theme: "dark" } as const;
const pictures: readonly Picture[] = [
  { name: "board", address: "/", shows: "Wrong now", ...desk, height: 600 },
  { name: "board-dark", address: "/", shows: "Wrong now", ...desk, height: 600, ...dark },
  { name: "board-phone", address: "/", shows: "Wrong now", ...phone },
  { name: "board-wall", address: "/", shows: "Wrong now", width: 2560, height: 900, ...dark },
  { name: "map", address: "/map?by=pipelines&release=4", shows: ".node.is-lit", ...desk, height: 560 },
  { name: "release", address: "/releases/4", shows: "taken back", ...desk },
  { name: "promote", address: "/releases/4?move=promotion+prod+4", shows: "Promote 4 to prod", ...desk, ...dark },
  { name: "run", address: "/runs/newest", shows: "503 after 5 attempts", ...desk },
  { name: "run-dark", address: "/runs/newest", shows: "503 after 5 attempts", ...desk, ...dark },
  { name: "approval-phone", address: "/approvals", shows: ".question-diff", ...phone, height: 880, ...dark },
];

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
  for (const { name, address, shows, ...look } of pictures) {
    const { page, complaints } = await openPage(browser, server.url + address, look);
    await (shows.startsWith(".") ? page.locator(shows) : page.getByText(shows)).first().waitFor();
    await page.getByText("live", { exact: true }).waitFor({ state: "attached" });
    await page.evaluate("document.fonts.ready");
    await page.screenshot({ path: fileURLToPath(new URL(`../../docs/pictures/${name}.png`, import.meta.url)) });
    assert.deepEqual(complaints, [], name);
    await page.context().close();
  }
} finally {
  for (const leave of left) leave();
}
