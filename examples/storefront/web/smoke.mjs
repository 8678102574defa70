// Asks the deployed shop what a visitor's browser would ask, over HTTP. An environment that sleeps (its server was ended
// with the terminal) is woken for as long as the test lasts, with the release that is deployed there.
// Usage: HOME_FOLDER=… SITE_URL=… API_URL=… RELEASE=… node smoke.mjs
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const { HOME_FOLDER, SITE_URL, API_URL, RELEASE } = process.env;

async function answers() {
  return fetch(`${API_URL}/health`).then(
    (response) => response.ok,
    () => false,
  );
}

async function wake() {
  const current = join(HOME_FOLDER, "api", "current");
  const settings = JSON.parse(readFileSync(join(HOME_FOLDER, "api", "settings.json"), "utf8"));
  const server = spawn(process.execPath, [join(current, "server.mjs")], {
    env: { ...process.env, ...settings },
    stdio: "inherit",
  });
  for (let tries = 0; tries < 100 && !(await answers()); tries++) await delay(50);
  return () => server.kill();
}

const sleep = (await answers()) ? () => {} : await wake();
try {
  const page = await (await fetch(SITE_URL)).text();
  assert.match(page, new RegExp(`name="release" content="${RELEASE}"`), "the page is not of this release");
  const api = /data-api="([^"]+)"/.exec(page)[1];
  assert.equal(api, API_URL, "the page asks another environment's API");
  const products = await (await fetch(`${api}/products`)).json();
  assert.ok(products.length > 0, "the shop is empty");
  const script = await fetch(new URL("shop.js", SITE_URL));
  assert.equal(script.status, 200, "the page's script is missing");
  console.log(`${SITE_URL} shows release ${RELEASE} with ${products.length} products`);
} finally {
  sleep();
}
