/** Jobs of a real server, run by real agents. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { dirname } from "node:path";
import { test } from "node:test";
import { batonFile, type Sandbox, sandbox, until } from "../cli/sandbox.ts";
import { fullDepth } from "../lane/needs.ts";
import { serving } from "../server/serving.ts";
import { agentAtWork, logOf, runSeen, startRun } from "./agents-at-work.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
pipelines:
  web:
    outputs: { url: { type: string, job: deploy } }
    jobs:
      build:
        per: release
        runsOn: [linux, big]
        artifacts: { dist: dist }
        steps: ["mkdir -p dist/deep && cp page.html dist && date > dist/deep/when && printf '' > dist/empty && head -c 3000000 /dev/zero > dist/large && git describe --tags && echo built by $WHO"]
      deploy:
        needs: [build]
        deploys: true
        runsOn: [linux, small]
        uses: [{ artifact: dist, path: site }]
        env: { PASSWORD: { secret: PASSWORD } }
        steps: ["cat site/page.html && test $(stat -c %s site/large) = 3000000 && test -e site/empty", "echo with $PASSWORD by $WHO && echo url=https://shop >> \\"$BATON_OUTPUT\\""]
      here:
        needs: [deploy]
        steps: ["echo here by $WHO"]
`;

function place(t: Parameters<typeof sandbox>[0], text = definition): Sandbox {
  const box = sandbox(t, { files: { "baton.yaml": text, "page.html": "<h1>Shop</h1>\n", ".gitignore": ".baton\n" } });
  box.git("tag", "v1.0");
  box.env.PASSWORD = "hunter22222";
  box.env.WHO = "server";
  return box;
}

test(
  "agents run what their labels fit: with the commit, its tags, artifacts both ways, secrets, outputs and logs",
  fullDepth(),
  async (t) => {
    const box = place(t);
    await using server = await serving(box, "--agents", "--agent-lease", "60s");
    await using big = await agentAtWork({ name: "big-1", labels: "linux,big", url: server.url, env: { WHO: "big" } });
    await using small = await agentAtWork({
      name: "small-1",
      labels: "Linux,small",
      url: server.url,
      env: { WHO: "small" },
    });
    const run = await startRun(server);
    await until("it ends", async () => (await runSeen(server, run)).status === "finished");
    const seen = await runSeen(server, run);
    assert.equal(
      seen.conclusion,
      "succeeded",
      JSON.stringify(seen, null, 1) + server.said() + big.said() + small.said(),
    );
    assert.match(await logOf(box, run, "web.build"), /v1\.0\n.*built by big/s);
    const deployed = await logOf(box, run, "web.deploy@dev");
    assert.match(deployed, /<h1>Shop<\/h1>.*with \*\*\* by small/s);
    assert.match(await logOf(box, run, "web.here@dev"), /here by server/);
    const { view } = await server.json<{ view: { outputs: unknown } }>("/api/outputs?environment=dev");
    assert.match(JSON.stringify(view), /https:\/\/shop/);
  },
);

test("the page's commands work in its order, and the unit is one that systemd takes", fullDepth(), async (t) => {
  const page = readFileSync(new URL("../../docs/agents.md", import.meta.url), "utf8");
  const [onServer, onAgent] = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);
  const box = place(t, `name: shop\nenvironments: { dev: { branch: main } }\npipelines:\n  web:\n    ${jobsOf(page)}`);
  const port = await freePort();
  const commands = onServer!.trim().split("\n");
  const serve = commands.pop()!;
  const { NODE_OPTIONS, NODE_TEST_CONTEXT, ...surroundings } = process.env;
  const env = {
    ...surroundings,
    ...box.env,
    PATH: `${dirname(batonFile)}:${process.env.PATH}`,
    XDG_STATE_HOME: box.root,
  };
  const begun = (command: string) =>
    spawn("bash", ["-c", `exec ${command.replaceAll("8788", String(port))}`], { cwd: box.root, env });
  for (const create of commands) execFileSync("bash", ["-c", create], { cwd: box.root, env, stdio: "pipe" });
  const processes = [begun(serve), begun(onAgent!.trim())];
  try {
    const { credential } = await untilThere(() => {
      return JSON.parse(readFileSync(`${box.root}/baton-agent/credential.json`, "utf8")) as { credential: string };
    });
    assert.match(credential, /^baton_/);
    const { stdout } = await box.baton("token", "list");
    assert.match(stdout, /build-1 +registered-agent/);
  } finally {
    for (const child of processes) child.kill("SIGTERM");
    await Promise.all(processes.map((child) => child.exitCode ?? once(child, "close")));
  }
  const unit = page.match(/```ini\n([\s\S]*?)```/)![1]!;
  for (const line of unit.trim().split("\n")) assert.match(line, /^(#.*|\[\w+\]|[A-Z]\w+=.+|)$/);
  assert.match(unit, /^KillMode=mixed$/m);
});

const jobsOf = (page: string) => page.match(/```yaml\n([\s\S]*?)```/)![1]!.replaceAll("\n", "\n    ");

async function freePort(): Promise<number> {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, "close");
  return port;
}

/** As soon as it can be read. */
async function untilThere<T>(read: () => T): Promise<T> {
  let found: { value: T } | undefined;
  await until("it is there", () => {
    try {
      found = { value: read() };
    } catch {}
    return found !== undefined;
  });
  return found!.value;
}
