/** Looks at the deployed site as a browser would. Takes `SITE_URL` and `API_URL`. */
import assert from "node:assert/strict";

const get = (path) => fetch(new URL(path, process.env.SITE_URL));

const page = await get("/");
const text = await page.text();
assert.equal(page.status, 200, text);
const [, script] = /<script type="module" src="([^"]+)"/.exec(text) ?? assert.fail(`no page of ours: ${text}`);
const code = await get(script);
assert.match(await code.text(), /\bconnect\(\)/, `${script} is not there`);
const deep = await get("/some/page/of/the/app");
assert.deepEqual([deep.status, await deep.text()], [200, text], "an address within the app leads to the app");
const { apiUrl } = await (await get("/config.json")).json();
assert.equal(apiUrl, new URL(process.env.API_URL).href, "the site talks to another API");
console.log(`${process.env.SITE_URL} is there and talks to ${apiUrl}`);
