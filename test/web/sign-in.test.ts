/** Signing in with a provider as a browser does it, whose rules for cookies no other test has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { people, secret } from "../server/people.ts";
import { serving } from "../server/serving.ts";
import { openBrowser, openPage, violations } from "./browser.ts";
import { files } from "./delivery.ts";

test(
  "somebody comes back from the provider to the page that they wanted; who has no role is told why",
  fullDepth("chromium"),
  async (t) => {
    const box = sandbox(t, { files });
    await using provider = await people();
    const settings = `issuer: ${provider.issuer}\nclient: baton\ngrants: { developers: [operator] }\n`;
    box.write({ ".baton/oidc.yaml": settings, ".baton/oidc-secret": secret });
    await using server = await serving(box, "--oidc", ".baton/oidc.yaml", "--oidc-secret-file", ".baton/oidc-secret");
    provider.know(server.url);
    await using browser = await openBrowser();
    const { page, complaints } = await openPage(browser, `${server.url}/settings?wide`, { width: 360 });
    const begin = page.getByRole("link", { name: `Sign in with ${new URL(provider.issuer).host}` });

    provider.person = { sub: "2", email: "ida@example.com", email_verified: true, groups: ["<b>guests"] };
    await begin.click();
    await page.getByText("ida@example.com may do nothing here").waitFor();
    await page.getByText("theirs are <b>guests").waitFor();
    assert.equal(new URL(page.url()).pathname, "/");
    assert.deepEqual(await violations(page), []);

    await page.context().clearCookies();
    await page.goto(`${server.url}/settings?wide`);
    provider.person = { sub: "1", email: "dora@example.com", email_verified: true, groups: ["developers"] };
    await begin.click();
    await page.getByText("At most").first().waitFor();
    assert.equal(page.url(), `${server.url}/settings?wide`);
    await page.getByRole("button", { name: /^dora@example.com/ }).click();
    await begin.waitFor();
    assert.deepEqual(
      complaints.filter((one) => !one.startsWith(`asked ${provider.issuer}`)),
      [],
    );
  },
);
