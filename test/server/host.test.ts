/** The files of docs/host: what they start is what there is. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { sandbox } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";

const folder = new URL("../../docs/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");

test(
  "the service, the container and the proxies name options, addresses and files that there are",
  fullDepth(),
  async (t) => {
    const box = sandbox(t, { files: { page: "one\n" } });
    const { stdout: help } = await box.baton("serve", "--help");
    const options = (text: string) => [...text.matchAll(/(?<=[ "])--[a-z-]+/g)].map(([option]) => option);
    const service = read("host/baton.service").replaceAll("\\\n", "");
    const started = /^ExecStart=(.*)$/m.exec(service)![1]!;
    const page = read("host.md");
    const container = read("host/Containerfile");
    const entry = /^ENTRYPOINT .*$/m.exec(container)![0];
    const run = /^# docker run .* baton (--.*)$/m.exec(container)![1]!;
    const named = options(`${started} ${entry} ${run}`);
    assert.ok(named.length >= 5, named.join());
    for (const option of named) assert.ok(help.includes(`${option} <`), option);
    const port = /--port <PORT>[\s\S]*?default: "?(\d+)/.exec(help)![1]!;
    for (const file of ["Caddyfile", "nginx.conf", "Containerfile"])
      assert.ok(read(`host/${file}`).includes(port), file);
    for (const [, path] of page.matchAll(/\]\((host\/[^)]+)\)/g)) assert.ok(existsSync(new URL(path!, folder)), path);
    for (const command of page.matchAll(/^(?:.*&& )?baton (\w+)/gm)) {
      assert.equal((await box.baton(command[1]!, "--help")).code, 0, command[1]);
    }
  },
);
