/** How an agent asks, and what it makes of answers, without a server: one that is played. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Agent, FolderUnwritable } from "../../src/agent/agent.ts";
import { type AgentQuestion, Connection, TurnedAway, Unreachable } from "../../src/agent/connection.ts";
import { readHeld } from "../../src/agent/held-note.ts";
import { LogSender } from "../../src/agent/log-sender.ts";
import { removeFolder } from "../../src/agent/remove-folder.ts";
import { endedRequest, type PollAnswer, type PollRequest, pollRequest } from "../../src/server/wire/agents.ts";
import { fullDepth } from "../lane/needs.ts";

const nothing = { claims: [], stops: [], lost: [], asks: [] };

interface Played {
  agent: Agent;
  folder: string;
  said: string[];
}

/** An agent whose questions are answered by `answer`; its other ones by `others`. */
function play(
  t: TestContext,
  answer: (poll: PollRequest, question: AgentQuestion, agent: () => Agent) => PollAnswer | Promise<PollAnswer>,
  others: Record<string, (question: AgentQuestion) => unknown> = {},
  tools?: string,
): Played {
  const folder = mkdtempSync(join(tmpdir(), "baton-asking-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const said: string[] = [];
  const other = async (name: string, question: AgentQuestion) => {
    if (others[name] === undefined) throw new Error(`nobody expects ${name}`);
    return await others[name](question);
  };
  const connection = {
    bytes: other,
    ask: async (name: string, question: AgentQuestion) => {
      if (name !== "poll") return await other(name, question);
      return await answer(pollRequest.parse(question.body), question, () => agent);
    },
  };
  const agent = new Agent({
    connection: connection as unknown as Connection,
    id: "start-0001",
    name: "a",
    labels: [],
    slots: 1,
    folder,
    env: { PATH: tools === undefined ? process.env.PATH : `${tools}:${process.env.PATH}` },
    say: (line) => void said.push(line),
  });
  return { agent, folder, said };
}

test(
  "after a question without an answer the next is answered at once, and none waits longer than a server takes",
  fullDepth(),
  async (t) => {
    const asked: { waitMs: number; limitMs: number }[] = [];
    const { agent } = play(t, ({ waitMs }, { limitMs }, agentItself) => {
      asked.push({ waitMs, limitMs: limitMs! });
      if (asked.length === 2) throw new Unreachable("cut");
      if (asked.length === 4) agentItself().drain();
      return { ...nothing, leaseMs: asked.length === 1 ? 30_000 : 5 * 60_000 };
    });
    await agent.run();
    assert.deepEqual(asked, [
      { waitMs: 0, limitMs: 5_000 },
      { waitMs: 7_500, limitMs: 11_250 },
      { waitMs: 0, limitMs: 3_750 },
      { waitMs: 60_000, limitMs: 65_000 },
    ]);
  },
);

test("an agent that is to end says so once more where its last question was cut off: it may have been given something", async (t) => {
  const asked: [number | undefined, number][] = [];
  const { agent } = play(t, ({ number, free, waitMs }, { signal }, agentItself) => {
    asked.push([number, free]);
    if (asked.length !== 2) return { ...nothing, leaseMs: 30_000 };
    assert.ok(waitMs > 0);
    const cut = new Promise<never>((_, reject) =>
      signal!.addEventListener("abort", () => reject(new Unreachable("cut"))),
    );
    agentItself().drain();
    return cut;
  });
  await agent.run();
  assert.deepEqual(asked, [
    [1, 1],
    [2, 1],
    [3, 0],
  ]);
});

test("what an earlier start held is forgotten where its note is torn, and the agent begins", async (t) => {
  const { agent, folder } = play(t, (_, __, agentItself) => {
    agentItself().drain();
    return { ...nothing, leaseMs: 30_000 };
  });
  for (const torn of ["", '{"agent":"x","he', "null"]) {
    writeFileSync(join(folder, "held.json"), torn);
    assert.equal(readHeld(folder), undefined);
  }
  await agent.run();
  assert.deepEqual(readHeld(folder), { agent: "start-0001", held: [] });
});

test("a folder that cannot be removed is put aside, and that is said; one that can after chmod is gone", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "baton-asking-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const said: string[] = [];
  const locked = join(folder, "locked", "deep");
  mkdirSync(locked, { recursive: true });
  chmodSync(locked, 0o555);
  // As for a user who is not root.
  const remove = (path: string) => {
    if ((statSync(locked).mode & 0o200) === 0) throw new Error("EACCES");
    rmSync(path, { recursive: true });
  };
  removeFolder(join(folder, "locked"), (line) => void said.push(line), remove);
  assert.deepEqual([readdirSync(folder), said], [[], []]);
  mkdirSync(join(folder, "foreign"));
  removeFolder(
    join(folder, "foreign"),
    (line) => void said.push(line),
    () => {
      throw new Error("EPERM");
    },
  );
  assert.match(readdirSync(folder).join(), /^left-\d+-foreign$/);
  assert.match(said.join(), /left-\d+-foreign cannot be removed \(EPERM\); remove it by hand$/);
});

test("a stop ends an attempt whose source is being brought, and the agent says that it was stopped", async (t) => {
  const isAsked = Promise.withResolvers<void>();
  const ends: unknown[] = [];
  const others = {
    source: ({ signal }: AgentQuestion) => {
      isAsked.resolve();
      return new Promise<never>((_, reject) => signal!.addEventListener("abort", () => reject(new Unreachable("cut"))));
    },
    ended: ({ body }: AgentQuestion) => {
      ends.push((body as { result: unknown }).result);
      return { taken: true };
    },
  };
  let polls = 0;
  const answer = async (_: PollRequest, __: AgentQuestion, agentItself: () => Agent): Promise<PollAnswer> => {
    polls += 1;
    if (polls === 1) return { ...nothing, claims: [claimOf("t1")], leaseMs: 30_000 };
    await isAsked.promise;
    agentItself().drain();
    return { ...nothing, stops: [{ token: "t1", mode: "now" }], leaseMs: 30_000 };
  };
  await play(t, answer, others).agent.run();
  assert.deepEqual(ends, [{ kind: "stopped" }]);
});

test("however long the words for an end, the server takes them: what it would not take is cut", async (t) => {
  const ends: unknown[] = [];
  const others = {
    source: () => {
      throw new Error("no ".repeat(2000));
    },
    ended: ({ body }: AgentQuestion) => {
      const { result } = endedRequest.parse(body);
      ends.push(result.kind === "failed" && result.failure.message.length);
      return { taken: true };
    },
  };
  await play(t, givesOnce("t1"), others).agent.run();
  assert.deepEqual(ends, [4000]);
});

test("an end that is refused is told as a plain failure, and nothing of it is run again", async (t) => {
  const ends: string[] = [];
  const others = {
    source: () => {
      throw new Error("wrong in a way that nobody knows");
    },
    ended: ({ body }: AgentQuestion) => {
      const { result } = endedRequest.parse(body);
      assert.ok(result.kind === "failed");
      ends.push(result.failure.message);
      if (ends.length === 1) throw new TurnedAway(400, { title: "kind: not one of these" });
      return { taken: true };
    },
  };
  await play(t, givesOnce("t1"), others).agent.run();
  assert.match(ends[0]!, /nobody knows/);
  assert.equal(ends[1], "it has ended (failed), and the server did not take how: kind: not one of these");
  assert.equal(ends.length, 2);
});

test("what has ended and nobody would hear of is not begun again: the agent names it, once", async (t) => {
  let begun = 0;
  let refused = 0;
  const named: string[][] = [];
  const hasEnded = Promise.withResolvers<void>();
  const others = {
    source: () => {
      begun += 1;
      throw new Error("no");
    },
    ended: () => {
      refused += 1;
      if (refused === 2) setImmediate(hasEnded.resolve);
      throw new TurnedAway(400, { title: "no" });
    },
  };
  let polls = 0;
  const answer = async ({ holds }: PollRequest, _: AgentQuestion, agentItself: () => Agent): Promise<PollAnswer> => {
    polls += 1;
    if (polls === 1) return { ...nothing, claims: [claimOf("t1")], leaseMs: 30_000 };
    await hasEnded.promise;
    // The first of these may have been asked before it ended.
    if (polls > 2) named.push(holds);
    if (polls === 3) return { ...nothing, claims: [claimOf("t1")], leaseMs: 30_000 };
    if (polls === 5) agentItself().drain();
    return { ...nothing, leaseMs: 30_000 };
  };
  await play(t, answer, others).agent.run();
  assert.deepEqual([begun, refused, named], [1, 2, [[], ["t1"], []]]);
});

test("an agent that cannot write down what it was given begins nothing of it, says so, and ends", async (t) => {
  const free: number[] = [];
  const held: number[] = [];
  const { agent, folder, said } = play(t, (poll) => {
    free.push(poll.free);
    held.push(poll.holds.length);
    // As on a full disk.
    mkdirSync(join(folder, "held.json.new"), { recursive: true });
    return { ...nothing, claims: poll.free > 0 ? [claimOf("t1")] : [], leaseMs: 30_000 };
  });
  await assert.rejects(agent.run(), (error) => error instanceof FolderUnwritable && /EISDIR/.test(error.message));
  assert.deepEqual(
    [free, held],
    [
      [1, 0],
      [0, 0],
    ],
  );
  assert.match(said.join(), /takes no more jobs, as it cannot write down which it has: EISDIR/);
});

test("an agent goes on asking while a tool takes its time to say its version", async (t) => {
  const tools = mkdtempSync(join(tmpdir(), "baton-asking-"));
  t.after(() => rmSync(tools, { recursive: true, force: true }));
  const go = join(tools, "go");
  // It says so when this test lets it.
  writeFileSync(join(tools, "slow"), `#!/bin/sh\nuntil [ -e '${go}' ]; do sleep 0.05; done\necho 'slow 1.2.3'\n`, {
    mode: 0o755,
  });
  let whileLooking = 0;
  const asks = [{ name: "slow", version: ">=2" }];
  const answer = (poll: PollRequest, _: AgentQuestion, agentItself: () => Agent): PollAnswer => {
    const said = poll.tools["slow >=2"];
    if (said === undefined) {
      whileLooking += 1;
      if (whileLooking === 3) writeFileSync(go, "");
      return { ...nothing, asks, leaseMs: 30_000 };
    }
    assert.match(said!, /slow is 1\.2\.3$/);
    agentItself().drain();
    return { ...nothing, leaseMs: 30_000 };
  };
  await play(t, answer, {}, tools).agent.run();
  assert.ok(whileLooking >= 3);
});

test("a question that the server does not understand ends nothing that runs here: it is asked without what others have written", async (t) => {
  const ends: unknown[] = [];
  const goOn = Promise.withResolvers<void>();
  const others = {
    source: async () => {
      await goOn.promise;
      throw new Error("as it would have ended");
    },
    ended: ({ body }: AgentQuestion) => {
      ends.push(endedRequest.parse(body).result.kind);
      return { taken: true };
    },
  };
  const asks = [{ name: "nowhere-to-be-found" }, { name: "a".repeat(401) }];
  let refused = 0;
  const answer = (poll: PollRequest, _: AgentQuestion, agentItself: () => Agent): PollAnswer => {
    const given = { ...nothing, leaseMs: 30_000 };
    if (Object.keys(poll.tools).length > 0) {
      refused += 1;
      throw new TurnedAway(400, { title: "tools: wrong" });
    }
    if (refused === 0) return { ...given, asks, claims: poll.holds.length === 0 ? [claimOf("t1")] : [] };
    goOn.resolve();
    agentItself().drain();
    return given;
  };
  const { agent, said } = play(t, answer, others);
  await agent.run();
  assert.deepEqual([refused, ends], [1, ["failed"]]);
  assert.match(said.join(), /does not understand what it is asked: tools: wrong/);
});

test("an agent that no server understands ends, when nothing runs on it", async (t) => {
  const answer = () => {
    throw new TurnedAway(400, { title: "name: wrong" });
  };
  await assert.rejects(play(t, answer).agent.run(), { name: "TurnedAway", message: "name: wrong" });
});

test("only the server says no: what a proxy answers is worth another try", async (t) => {
  const answers: [status: number, headers: Record<string, string>, body: string][] = [
    [404, {}, "<html>no upstream</html>"],
    [408, { "baton-protocol": "1" }, "{}"],
    [400, {}, "null"],
    [404, { "baton-protocol": "1" }, "{}"],
    [403, {}, '{"code":"foreign-host","title":"no"}'],
  ];
  const server = createServer((_, response) => {
    const [status, headers, body] = answers.shift()!;
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const connection = new Connection({ url: `http://127.0.0.1:${port}`, agent: "start-0001" });
  const names: string[] = [];
  for (let left = answers.length; left > 0; left--)
    await connection.ask("poll", { body: {} }).catch((error: Error) => names.push(error.name));
  assert.deepEqual(names, ["Unreachable", "Unreachable", "Unreachable", "TurnedAway", "TurnedAway"]);
});

test("lines go in batches that a proxy lets through, each once", async () => {
  const batches: string[][] = [];
  const sender = new LogSender(async ({ from, lines }) => {
    batches.push(lines.map(({ text }) => text));
    return { has: from + lines.length };
  });
  const texts = ["a".repeat(300_000), "b".repeat(300_000), "c".repeat(900_000), "d"];
  for (const text of texts) sender.push({ step: 0, at: 1, text });
  await sender.end();
  assert.deepEqual(batches.flat(), texts);
  assert.deepEqual(
    batches.map(({ length }) => length),
    [1, 1, 1, 1],
  );
});

const attempt = {
  run: "r0001",
  job: "web.build",
  attempt: 1,
  workingDirectory: ".",
  env: {},
  tools: [],
  steps: [],
  timeoutMs: 60_000,
  outputs: {},
  artifacts: {},
  inputs: [],
};

function claimOf(token: string): PollAnswer["claims"][number] {
  const launch = { ...attempt, token } as unknown as PollAnswer["claims"][number]["launch"];
  return { launch, source: { commit: "c".repeat(40), prefix: "" }, secrets: {} };
}

/** Gives it, and lets the agent end with it. */
function givesOnce(token: string) {
  let polls = 0;
  return (_: PollRequest, __: AgentQuestion, agentItself: () => Agent): PollAnswer => {
    polls += 1;
    if (polls > 1) agentItself().drain();
    return { ...nothing, claims: polls === 1 ? [claimOf(token)] : [], leaseMs: 30_000 };
  };
}
