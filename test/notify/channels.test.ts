/** Every channel against a real receiver: what is sent, and what is made of each way in which that may go wrong. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import type { NoticeAddress } from "../../src/model/delivery.ts";
import { post } from "../../src/notify/channels/channels.ts";
import type { Letter, Posted } from "../../src/notify/channels/post.ts";
import { isStandard } from "../../src/server/hooks/signature.ts";
import { type Behaviour, httpReceiver, mailReceiver } from "./receivers.ts";

const letter: Letter = {
  id: "baton_7_abc",
  notice: {
    seq: 7,
    at: Date.UTC(2026, 10, 30, 12),
    kind: "failed",
    delivery: "shop",
    environments: ["prod"],
    run: "r0003",
    release: 3,
    commit: "0123456789abcdef0123456789abcdef01234567",
    by: "ann",
    title: "web.deploy@prod of release 3 failed",
    because: ["step 'up' ended with exit code 1"],
    next: { command: "baton logs r0003 'web.deploy@prod'", does: "what it printed" },
  },
  line: "error: <!channel> [x](http://evil) no *space* left",
  commit: { author: "Bo", subject: "Less & <more>" },
  link: "https://baton.example.com/runs/r0003",
};

const inTime = () => new AbortController().signal;

function sent(
  to: NoticeAddress,
  secrets: Record<string, string>,
  signal = inTime(),
  written = letter,
): Promise<Posted> {
  return post({ to, letter: written, secrets: (name) => secrets[name], now: Date.UTC(2026, 10, 30, 13), signal });
}

test("a webhook is what Standard Webhooks says, and whoever has the key can tell", async (t) => {
  const receiver = await httpReceiver(t);
  const key = `whsec_${Buffer.from("a key that both sides know").toString("base64")}`;
  const to = { kind: "webhook", url: "URL", signing: "KEY" } as const;
  assert.deepEqual(await sent(to, { URL: `${receiver.url}/hook`, KEY: key }), { kind: "taken" });
  const [{ headers, body, path }] = receiver.received as [(typeof receiver.received)[0]];
  assert.equal(path, "/hook");
  const { type, timestamp, data } = JSON.parse(body);
  assert.equal(type, "failed");
  assert.equal(timestamp, "2026-11-30T12:00:00.000Z");
  assert.equal(data.line, letter.line);
  assert.deepEqual(data.commit, { id: letter.notice.commit, ...letter.commit });
  const at = Number(headers["webhook-timestamp"]) * 1000;
  const signed = {
    id: String(headers["webhook-id"]),
    timestamp: String(headers["webhook-timestamp"]),
    signature: String(headers["webhook-signature"]),
  };
  assert.equal(signed.id, letter.id);
  assert.ok(isStandard(key, Buffer.from(body), { headers: signed, now: at }));
  assert.ok(!isStandard(key, Buffer.from(`${body} `), { headers: signed, now: at }));
});

test("Slack gets blocks in which nothing that others wrote calls anybody", async (t) => {
  const receiver = await httpReceiver(t);
  assert.deepEqual(await sent({ kind: "slack", url: "URL" }, { URL: receiver.url }), { kind: "taken" });
  const { text, blocks } = JSON.parse(receiver.received[0]!.body);
  assert.match(text, /^web\.deploy@prod of release 3 failed/);
  assert.match(blocks[0].text.text, /> error: &lt;!channel&gt;/);
  assert.match(blocks[0].text.text, /<https:\/\/baton\.example\.com\/runs\/r0003\|See it>/);
  assert.match(blocks[1].elements[0].text, /0123456 Less &amp; &lt;more&gt; \(Bo\)/);
});

test("what is too long for Slack is cut between characters, and the link stays", async (t) => {
  const receiver = await httpReceiver(t);
  const because = Array.from({ length: 20 }, () => `${"&".repeat(499)}\u{1f600}`);
  const long = { ...letter, notice: { ...letter.notice, because } };
  assert.deepEqual(await sent({ kind: "slack", url: "URL" }, { URL: receiver.url }, inTime(), long), { kind: "taken" });
  const { blocks } = JSON.parse(receiver.received[0]!.body);
  const { text, verbatim } = blocks[0].text;
  assert.ok(text.length <= 3000 && text.length > 2900, `${text.length}`);
  assert.deepEqual([verbatim, blocks[1].elements[0].verbatim], [true, true]);
  assert.match(text, /&amp;\n<https:\/\/baton\.example\.com\/runs\/r0003\|See it>$/);
  assert.doesNotMatch(text, /&(?!amp;|lt;|gt;)/);
});

test("a character that is cut in two is sent nowhere", async (t) => {
  const receiver = await httpReceiver(t);
  const half = `${"x".repeat(499)}\u{1f600}`;
  const cut = { ...letter, line: half, commit: { author: "Bo", subject: `${"y".repeat(99)}\u{1f600}` } };
  for (const kind of ["slack", "teams"] as const) {
    assert.deepEqual(await sent({ kind, url: "URL" }, { URL: receiver.url }, inTime(), cut), { kind: "taken" });
    assert.ok(!/\\ud83d/i.test(receiver.received.at(-1)!.body), kind);
  }
});

test("Teams gets an Adaptive Card as its workflows take it, without links of others", async (t) => {
  const receiver = await httpReceiver(t);
  receiver.behave = () => 202;
  assert.deepEqual(await sent({ kind: "teams", url: "URL" }, { URL: receiver.url }), { kind: "taken" });
  const { type, attachments } = JSON.parse(receiver.received[0]!.body);
  assert.equal(type, "message");
  const [{ contentType, content }] = attachments;
  assert.equal(contentType, "application/vnd.microsoft.card.adaptive");
  assert.equal(content.type, "AdaptiveCard");
  assert.match(JSON.stringify(content.body), /\\\\\[x\\\\\]\(http/);
  assert.equal(content.actions[0].url, letter.link);
});

test("a mail has one id however often it is sent, and says everything as text", async (t) => {
  const receiver = await mailReceiver(t);
  const to = { kind: "email", server: "SMTP", from: "Baton <b@x.org>", to: ["ops@x.org", "dev@x.org"] } as const;
  for (const _ of [1, 2]) {
    assert.deepEqual(await sent({ ...to, to: [...to.to] }, { SMTP: receiver.url }), { kind: "taken" });
  }
  for (const mail of receiver.mails) {
    assert.match(mail, /^Message-ID: <baton_7_abc@baton>/im);
    assert.match(mail, /^Subject: \[shop\] web\.deploy@prod of release 3 failed/im);
    assert.match(mail, /^To: ops@x\.org, dev@x\.org/im);
    assert.match(mail, /^Auto-Submitted: auto-generated/im);
    assert.match(mail, /no \*space\* left/);
  }
});

/** The address is a secret: no word of an outcome may hold it. */
const path = "/services/T00/B00/very-secret";

async function outcomeOf(t: TestContext, behaviour: Behaviour, signal?: AbortSignal): Promise<Posted> {
  const receiver = await httpReceiver(t);
  receiver.behave = () => behaviour;
  const posted = await sent({ kind: "slack", url: "URL" }, { URL: receiver.url + path }, signal);
  assert.doesNotMatch(JSON.stringify(posted), /very-secret/);
  assert.equal(receiver.received.length, 1);
  return posted;
}

test("what a receiver answers says whether it may take it later", async (t) => {
  assert.deepEqual(await outcomeOf(t, { status: 500, body: `no such thing as ${path}\nmore` }), {
    kind: "failed",
    because: "HTTP 500: no such thing as ***",
  });
  assert.deepEqual(await outcomeOf(t, 404), { kind: "failed", because: "HTTP 404" });
  assert.deepEqual(await outcomeOf(t, { status: 400, body: "invalid_payload" }), {
    kind: "refused",
    because: "HTTP 400: invalid_payload",
  });
  assert.deepEqual(await outcomeOf(t, { status: 429, headers: { "retry-after": "30" } }), {
    kind: "failed",
    because: "HTTP 429",
    retryAfterMs: 30_000,
  });
  const at = { date: "Fri, 31 Dec 1999 23:59:59 GMT", "retry-after": "Sat, 01 Jan 2000 00:00:44 GMT" };
  const dated = { kind: "failed", because: "HTTP 503", retryAfterMs: 45_000 };
  assert.deepEqual(await outcomeOf(t, { status: 503, headers: at }), dated, "by the receiver's own clock");
  for (const wrong of [
    { ...at, "retry-after": "soon" },
    { ...at, "retry-after": at.date },
  ]) {
    assert.deepEqual(await outcomeOf(t, { status: 503, headers: wrong }), { kind: "failed", because: "HTTP 503" });
  }
  const moved = await outcomeOf(t, { status: 307, headers: { location: "http://127.0.0.1:9/elsewhere" } });
  assert.deepEqual(moved, { kind: "failed", because: "HTTP 307" });
});

test("a receiver that dies, never answers or is not there is tried again", async (t) => {
  assert.equal((await outcomeOf(t, "breaks")).kind, "failed");
  const over = new AbortController();
  const silent = await httpReceiver(t);
  silent.behave = () => {
    over.abort();
    return "silent";
  };
  const posted = await sent({ kind: "teams", url: "URL" }, { URL: silent.url }, over.signal);
  assert.deepEqual(posted, { kind: "failed", because: "no answer in time" });
  const nobody = await sent({ kind: "slack", url: "URL" }, { URL: "http://nobody.invalid/x" });
  assert.equal(nobody.kind, "failed");
  // A port that was free a moment ago: nobody listens there.
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, "close");
  const refused = { kind: "failed", because: "nobody listens at that address" };
  assert.deepEqual(await sent({ kind: "slack", url: "URL" }, { URL: `http://127.0.0.1:${port}/x` }), refused);
  const mail: NoticeAddress = { kind: "email", server: "SERVER", from: "a@example.com", to: ["b@example.com"] };
  assert.deepEqual(await sent(mail, { SERVER: `smtp://127.0.0.1:${port}` }), refused);
  const noUrl = await sent({ kind: "slack", url: "URL" }, { URL: "file:///etc/passwd" });
  assert.deepEqual(noUrl, { kind: "failed", because: "the address is no URL" });
});

test("a secret that is not here is nobody's failure: somebody else may have it", async () => {
  assert.deepEqual(await sent({ kind: "slack", url: "SLACK_URL" }, {}), {
    kind: "unable",
    because: "SLACK_URL is not set",
  });
});

test("a mail server that refuses, or says nothing, is understood", async (t) => {
  const receiver = await mailReceiver(t);
  const to: NoticeAddress = { kind: "email", server: "SMTP", from: "b@x.org", to: ["ops@x.org"] };
  receiver.refuse = () => ({ code: 451, text: "try later" });
  const later = await sent(to, { SMTP: receiver.url });
  assert.equal(later.kind, "failed");
  assert.match(JSON.stringify(later), /try later/);
  receiver.refuse = () => ({ code: 554, text: "spam" });
  assert.equal((await sent(to, { SMTP: receiver.url })).kind, "refused");
  const wrong = await sent(to, { SMTP: receiver.url.replace("open%20sesame", "pass") });
  assert.equal(wrong.kind, "failed");
  assert.doesNotMatch(JSON.stringify(wrong), /pass"|open sesame/);
  const over = new AbortController();
  receiver.refuse = () => {
    over.abort();
    return "silent";
  };
  assert.deepEqual(await sent(to, { SMTP: receiver.url }, over.signal), {
    kind: "failed",
    because: "no answer in time",
  });
});

test("of a mail that some did not get it is said who; what is refused before the mail is there may go later", async (t) => {
  const receiver = await mailReceiver(t);
  const to: NoticeAddress = { kind: "email", server: "SMTP", from: "b@x.org", to: ["ops@x.org", "gone@x.org"] };
  receiver.refuseBefore = (recipient) =>
    recipient === "gone@x.org" ? { code: 550, text: "no such mailbox" } : undefined;
  const some = await sent(to, { SMTP: receiver.url });
  assert.equal(some.kind, "refused");
  assert.match(JSON.stringify(some), /not taken for gone@x\.org: 550 no such mailbox/);
  assert.equal(receiver.mails.length, 1, "others have it");
  for (const refused of [(recipient: string | undefined) => recipient !== undefined, () => true]) {
    receiver.refuseBefore = (recipient) => (refused(recipient) ? { code: 554, text: "not you" } : undefined);
    const none = await sent(to, { SMTP: receiver.url });
    assert.equal(none.kind, "failed");
    assert.match(JSON.stringify(none), /not you/);
  }
});

test("a mail that is over time is not sent behind its back", async (t) => {
  const receiver = await mailReceiver(t);
  const to: NoticeAddress = { kind: "email", server: "SMTP", from: "b@x.org", to: ["ops@x.org"] };
  const over = new AbortController();
  receiver.refuseBefore = (recipient) => {
    if (recipient !== undefined) over.abort();
    return undefined;
  };
  assert.deepEqual(await sent(to, { SMTP: receiver.url }, over.signal), {
    kind: "failed",
    because: "no answer in time",
  });
  receiver.refuseBefore = () => undefined;
  assert.deepEqual(await sent(to, { SMTP: receiver.url }), { kind: "taken" });
  assert.equal(receiver.mails.length, 1);
});
