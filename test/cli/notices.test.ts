/** People are told by the real command and real receivers; one that is down costs a run nothing, and nothing is lost. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { NoticesView, NoticeTestView, SentAgainView } from "../../src/control/views/notices.ts";
import { fullDepth } from "../lane/needs.ts";
import { type Behaviour, httpReceiver, type Received } from "../notify/receivers.ts";
import { serving } from "../server/serving.ts";
import { type Sandbox, sandbox, until } from "./sandbox.ts";

const definition = `name: shop
environments:
  dev: { branch: main }
  prod: { after: dev, approval: { reviewers: [ann] } }
pipelines:
  web:
    jobs:
      deploy: { deploys: true, env: { TOKEN: { secret: TOKEN } }, steps: ["sh job"] }
notices:
  all: { webhook: { url: { secret: HOOK_URL } } }
  trouble: { slack: { secret: SLACK_URL }, on: failed }
`;

interface Told {
  type: string;
  data: { title: string; line?: string; by?: string; commit?: { author: string; subject: string }; link?: string };
}

async function shop(t: TestContext) {
  const files = { "baton.yaml": definition, ".gitignore": ".baton\n", job: "true\n" };
  const box = sandbox(t, { files });
  const [hook, slack] = [await httpReceiver(t), await httpReceiver(t)];
  Object.assign(box.env, {
    HOOK_URL: `${hook.url}/secret-path`,
    SLACK_URL: `${slack.url}/secret-path`,
    TOKEN: "very secret",
    BATON_PUBLIC_URL: "https://baton.example.com",
  });
  return { box, hook, slack };
}

const told = ({ body }: Received) => JSON.parse(body) as Told;

/** On a machine that is busy a command may go before everybody was told. */
const allTold = (box: Sandbox) => until("all are told", async () => (await box.baton("notices", "retry")).code === 0);

function change(box: Sandbox, job: string): void {
  box.write({ job });
  box.commit(job.split("\n")[0]!);
}

test(
  "people are told of questions, answers, deployments and failures; secrets are told nobody",
  fullDepth(),
  async (t) => {
    const { box, hook, slack } = await shop(t);
    const first = await box.baton("run", "--to", "prod", "--yes");
    assert.equal(first.code, 0, first.stderr);
    await allTold(box);
    assert.deepEqual(
      hook.received.map((one) => told(one).type),
      ["deployed", "approval.requested", "approval.approved", "deployed"],
    );
    assert.deepEqual(slack.received, []);
    change(box, 'echo "starting"\necho "error: $TOKEN is no password"\nexit 7\n');
    const failed = await box.baton("run", "--to", "prod", "--yes");
    assert.equal(failed.code, 1, failed.stderr);
    await allTold(box);
    const { type, data } = told(hook.received.at(-1)!);
    assert.equal(type, "failed");
    assert.equal(data.title, "web.deploy@dev of release 2 failed");
    assert.equal(data.line, "error: *** is no password");
    assert.match(data.commit?.subject ?? "", /starting/);
    assert.equal(data.link, "https://baton.example.com/runs/r0002");
    assert.equal(slack.received.length, 1);
    const printed = failed.stdout + failed.stderr + first.stdout + first.stderr;
    assert.doesNotMatch(printed, /secret-path/);
    const kept = readdirSync(join(box.root, ".baton"), { recursive: true, withFileTypes: true });
    for (const file of kept.filter((one) => one.isFile())) {
      assert.ok(!readFileSync(join(file.parentPath, file.name)).includes("secret-path"), file.name);
    }
    const frozen = await box.baton("freeze", "prod", "--until", "2h", "--reason", "we look");
    assert.equal(frozen.code, 0);
    await allTold(box);
    assert.equal(told(hook.received.at(-1)!).type, "freeze.begun");
  },
);

test("a target is tried before anything was ever run, by the definition as it stands, and nothing of it is kept", async (t) => {
  const { box, hook, slack } = await shop(t);
  const tried = await box.baton("notices", "test", "all");
  assert.equal(tried.code, 0, tried.stderr);
  assert.match(tried.stdout, /^all took it: look whether it is there \(webhook\)\n$/);
  const { type, data } = told(hook.received[0]!);
  assert.equal(type, "test");
  assert.match(data.title, /tries whether notices get to all$/);
  slack.behave = () => ({ status: 404, body: "no_service" });
  const failed = await box.json<NoticeTestView>("notices", "test", "trouble");
  assert.deepEqual([failed.isTaken, failed.because], [false, "HTTP 404: no_service"]);
  delete box.env.SLACK_URL;
  const unset = await box.baton("notices", "test", "trouble");
  assert.equal(unset.code, 1);
  assert.match(unset.stderr, /it did not get to trouble \(slack\): .*SLACK_URL/);
  assert.match((await box.baton("notices", "test", "troubel")).stderr, /trouble/);
  assert.equal((await box.baton("status")).code, 0);
  assert.ok(!box.exists(".baton/notices/told.db"));
});

test("no job sees where people are told, also of a run that tells nobody there", fullDepth(), async (t) => {
  const { box } = await shop(t);
  assert.equal((await box.baton("run")).code, 0);
  const without = definition.slice(0, definition.indexOf("notices:"));
  const job = 'test -n "$TOKEN"\nenv | grep -c "HOOK_URL\\|SLACK_URL" && exit 3\ntrue\n';
  // The first drops the targets itself; from the second on no rules in force name them.
  for (const times of [1, 2]) {
    box.write({ "baton.yaml": without, job: `: ${times}\n${job}` });
    box.commit(`without notices ${times}`);
    const run = await box.baton("run");
    assert.equal(run.code, 0, run.stderr);
  }
});

test("a target that is down costs nothing but its own notices, and those come later", fullDepth(), async (t) => {
  const { box, hook, slack } = await shop(t);
  hook.behave = () => 503;
  const first = await box.baton("run");
  assert.equal(first.code, 0, first.stderr);
  const { targets } = await box.json<NoticesView>("notices");
  const [all, trouble] = targets;
  assert.equal(all?.failure, "HTTP 503");
  assert.deepEqual(
    all?.waiting.map(({ kind }) => kind),
    ["deployed"],
  );
  assert.deepEqual(trouble?.waiting, []);
  change(box, "exit 3\n");
  assert.equal((await box.baton("run")).code, 1);
  assert.equal(slack.received.length, 1, "others are told all the same");
  hook.behave = () => 200;
  hook.received.length = 0;
  const again = await box.baton("notices", "retry");
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(
    hook.received.map((one) => told(one).type),
    ["deployed", "failed"],
    "in the order in which it happened",
  );
});

test("what a receiver will never take is listed, and sent again when somebody asks", fullDepth(), async (t) => {
  const { box, hook } = await shop(t);
  hook.behave = () => ({ status: 400, body: "what is this?" });
  assert.equal((await box.baton("run")).code, 0);
  const { undelivered } = await box.json<NoticesView>("notices");
  assert.deepEqual(
    undelivered.map(({ target, notice, failure }) => [target, notice?.kind, failure]),
    [["all", "deployed", "HTTP 400: what is this?"]],
  );
  const listed = await box.baton("notices");
  assert.match(listed.stdout, /given up\n.*all +dev has release 1: web +HTTP 400: what is this\?/);
  assert.match(listed.stderr, /baton notices retry/);
  const status = await box.baton("status");
  assert.match(status.stdout, /all was not told of 1 thing: HTTP 400: what is this\?; baton notices shows it/);
  const doctor = await box.baton("doctor");
  assert.match(
    doctor.stdout,
    /notices: all was not told of 1 thing: HTTP 400: what is this\?[\s\S]*baton notices retry all/,
  );
  assert.equal((await box.baton("notices", "retry", "all")).code, 1);
  hook.behave = () => 200;
  const sent = await box.json<SentAgainView>("notices", "retry", "all");
  assert.equal(sent.delivered, 1);
  assert.deepEqual(sent.undelivered, []);
  const nobody = await box.baton("notices", "retry", "al");
  assert.equal(nobody.code, 2);
  assert.match(nobody.stderr, /did you mean all\?/);
});

test("without its address a target waits, and the run goes on", fullDepth(), async (t) => {
  const { box, hook } = await shop(t);
  delete box.env.HOOK_URL;
  assert.equal((await box.baton("run")).code, 0);
  const listed = await box.baton("notices");
  assert.match(listed.stdout, /all +webhook .* HOOK_URL not set here/);
  const vain = await box.baton("notices", "retry");
  assert.equal(vain.code, 1);
  assert.match(vain.stderr, /next: baton notices retry --secrets-file FILE .*; or set HOOK_URL/);
  const tried = await box.baton("notices", "test", "all");
  assert.match(tried.stderr, /HOOK_URL is not set\n.*next: baton notices test all/);
  box.env.HOOK_URL = hook.url;
  assert.equal((await box.baton("notices", "retry")).code, 0);
  assert.equal(hook.received.length, 1);
});

test(
  "a receiver that never answers holds a command up for seconds at most, and the next one not",
  fullDepth(),
  async (t) => {
    const { box, hook } = await shop(t);
    hook.behave = () => "silent";
    assert.equal((await box.baton("run")).code, 0);
    const { targets } = await box.json<NoticesView>("notices");
    assert.equal(targets[0]?.failure, "no answer in time");
    assert.ok(targets[0].nextAt! > Date.now() - 60_000);
  },
);

test("killed between sending and noting it, it is told once or twice, and never not", fullDepth(), async (t) => {
  const { box, hook } = await shop(t);
  let kill: (() => void) | undefined;
  const answers: Behaviour[] = ["silent", "silent", 200];
  hook.behave = () => {
    kill?.();
    return answers.shift() ?? 200;
  };
  for (let round = 0; round < 2; round++) {
    change(box, `echo ${round}\n`);
    const child = box.start("run");
    const gone = new Promise((resolve) => child.once("close", resolve));
    kill = () => child.kill("SIGKILL");
    await gone;
  }
  kill = undefined;
  await box.baton("resume");
  await until("everything is told", async () => {
    const { code } = await box.baton("notices", "retry");
    return code === 0;
  });
  const counts = new Map<string, number>();
  for (const { headers } of hook.received) {
    const id = String(headers["webhook-id"]);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const { entries } = await box.json<{ entries: { deed: string }[] }>("audit");
  const deployed = entries.filter(({ deed }) => deed === "deployed").length;
  assert.equal(counts.size, deployed, "each deployment is told");
  assert.ok([...counts.values()].every((times) => times <= 3));
});

test("a server tells of what other processes do, with the addresses that it has", fullDepth(), async (t) => {
  const { box, hook } = await shop(t);
  await using server = await serving(box);
  delete box.env.HOOK_URL;
  assert.equal((await box.baton("run")).code, 0);
  await until("the server tells of it", () => hook.received.length > 0);
  assert.equal(told(hook.received[0]!).type, "deployed");
  assert.equal(await server.stop(), 0);
});
