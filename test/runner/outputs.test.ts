import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { typeProblem } from "../../src/runner/output-file.ts";
import { createRig, failureOf, step } from "./rig.ts";

const SECRET = "s3cr3t-value-9";

test("reads name=value and heredocs, with \\r\\n, the last value of a name", async (t) => {
  const rig = createRig(t);
  const ended = await rig.run({
    outputs: { siteUrl: "url", count: "number", on: "boolean", data: "json", text: "string" },
    steps: [
      step(`printf 'siteUrl=https://a.example/x?b=c\\r\\ncount=1\\r\\n' >> "$BATON_OUTPUT"`),
      step(
        `{ echo count=2; echo on=true; echo 'data<<END'; echo '{"a":'; echo '1}'; echo END; echo text=; } >> "$BATON_OUTPUT"`,
      ),
    ],
  });
  assert.deepEqual(ended.result, {
    kind: "succeeded",
    outputs: { siteUrl: "https://a.example/x?b=c", count: "2", on: "true", data: '{"a":\n1}', text: "" },
    artifacts: {},
  });
});

const refused: [name: string, script: string, message: RegExp][] = [
  ["missing", "true", /'url' was promised and not published/],
  [
    "wrong type",
    'echo url=not-a-url >> "$BATON_OUTPUT"',
    /'url' was promised as url and its value is not an absolute http or https URL/,
  ],
  [
    "not promised",
    'echo constructor=1 >> "$BATON_OUTPUT"',
    /'constructor' was published but the job does not promise it/,
  ],
  ["unreadable", 'echo hello >> "$BATON_OUTPUT"', /line 1 .* neither name=value/],
  ["open heredoc", "echo 'url<<X' >> \"$BATON_OUTPUT\"", /closing mark never comes/],
  ["too large", 'head -c 2000000 /dev/zero >> "$BATON_OUTPUT"', /holds 2000000 bytes/],
  ["not UTF-8", "printf 'url=\\377' >> \"$BATON_OUTPUT\"", /not valid UTF-8/],
  ["secret", `echo "url=https://x/$KEY" >> "$BATON_OUTPUT"`, /'url' contains a secret/],
  ["encoded secret", `echo "url=x:$(printf %s "$KEY" | base64)" >> "$BATON_OUTPUT"`, /'url' contains a secret/],
];

for (const [name, script, message] of refused) {
  test(`fails the job by the output's name: ${name}`, async (t) => {
    const rig = createRig(t, { secrets: () => SECRET });
    const ended = await rig.run({ env: { KEY: [{ secret: "KEY" }] }, outputs: { url: "url" }, steps: [step(script)] });
    const failure = failureOf(ended);
    assert.equal(failure.kind, "output");
    assert.match(failure.message, message);
    assert.ok(!failure.message.includes(SECRET));
  });
}

const values: [type: "string" | "number" | "url" | "boolean", taken: string[], refused: string[]][] = [
  [
    "number",
    ["0", "-7", "3.25", "1e6", "12345678901234567890"],
    ["0x10", "  7 ", "7 ", "007", "1_000", "1,5", ".5", "5.", "+1", "1e999", "Infinity", "NaN", "", "٣"],
  ],
  [
    "url",
    ["https://a.example/x?b=c#d", "HTTP://localhost:8080", "https://[::1]/"],
    [
      "javascript:alert(1)",
      "data:text/html,x",
      "file:///etc/passwd",
      "https:x",
      "//a.example",
      "https://a b",
      " https://a",
      "https://",
      "https://a\u202e.example",
      "https://a\n.example",
      "https://a\\u007f",
    ],
  ],
  ["boolean", ["true", "false"], [" true", "True", "1", ""]],
  ["string", ["", " a ", "a\tb\nc", "\u001b[31m"], ["a\0b"]],
];
for (const [type, taken, refused] of values) {
  test(`which values are a ${type}`, () => {
    for (const value of taken) assert.equal(typeProblem(value, type), undefined, JSON.stringify(value));
    for (const value of refused)
      assert.match(typeProblem(value, type) ?? "taken", /^(is|holds|has) /, JSON.stringify(value));
  });
}

test("a zero character, which no variable of the environment can hold, is refused by the output's name", async (t) => {
  const rig = createRig(t);
  const ended = await rig.run({ outputs: { v: "string" }, steps: [step(`printf 'v=a\\0b\\n' >> "$BATON_OUTPUT"`)] });
  assert.match(failureOf(ended).message, /'v' was promised as string and its value holds a zero character/);
});

test("a process of an older attempt cannot write into a newer one", async (t) => {
  const rig = createRig(t);
  const job = { job: "web.deploy", outputs: { n: "number" as const } };
  const first = await rig.run({
    ...job,
    attempt: 1,
    steps: [step('echo "$BATON_OUTPUT" > path; echo n=1 >> "$BATON_OUTPUT"')],
  });
  assert.equal(first.result.kind, "succeeded");
  const old = readFileSync(join(rig.checkout, "path"), "utf8").trim();
  assert.ok(!existsSync(old));
  const second = await rig.run({
    ...job,
    attempt: 2,
    steps: [step('echo n=9 >> "$(cat path)"; echo n=2 >> "$BATON_OUTPUT"')],
  });
  assert.deepEqual(second.result, { kind: "succeeded", outputs: { n: "2" }, artifacts: {} });
});

test("a missing secret is named before anything runs", async (t) => {
  const rig = createRig(t, { secretHint: "put it in the vault" });
  const failure = failureOf(await rig.run({ env: { KEY: ["a", { secret: "API_KEY" }] }, steps: [step("echo ran")] }));
  assert.equal(failure.kind, "spawn");
  assert.match(failure.message, /'API_KEY'.*'KEY'.*put it in the vault/);
  assert.deepEqual(rig.lines, []);
});
