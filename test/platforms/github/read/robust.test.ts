import assert from "node:assert/strict";
import { test } from "node:test";
import { readRepository } from "../../../../src/platforms/github/read/repository.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { readWorkflows, writeTree } from "./tree.ts";

const plain = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{ run: 'true' }]\n";

/** The messages of a file's problems, with their line. */
function messages(contents: string | Uint8Array): string[] {
  const repository = readWorkflows({ "x.yml": contents });
  return repository.problems.map(({ location, message }) => `${location.line} ${message}`);
}

test("files that are no workflow at all say so", () => {
  const expected = "1 A map of keys was expected, beginning with 'on' and 'jobs'";
  for (const contents of ["", "\n\n", "# only a comment\n", "- a\n- b\n", "just text", "~"]) {
    assert.deepEqual(messages(contents), [expected], JSON.stringify(contents));
  }
});

test("a byte order mark and CRLF read as usual, places stay right", () => {
  const text = `\uFEFF${plain.replace("runs-on", "runs_on").replaceAll("\n", "\r\n")}`;
  const repository = readWorkflows({ "x.yml": text });
  assert.equal(repository.sources.get(".github/workflows/x.yml")?.byteOrderMark, true);
  assert.deepEqual(
    repository.problems.map(({ location }) => [location.line, location.column]),
    [
      [4, 5],
      [4, 5],
    ],
  );
});

test("text in another encoding is refused with a remedy", () => {
  const utf16 = Buffer.from(`\uFEFF${plain}`, "utf16le");
  assert.deepEqual(messages(utf16), ["1 The file is not UTF-8 text: save it as UTF-8"]);
  assert.deepEqual(messages(Buffer.concat([Buffer.from("name: caf"), Buffer.from([0xe9, 0x0a])])), [
    "1 The file is not UTF-8 text: save it as UTF-8",
  ]);
});

test("tabs, duplicate keys, merge keys and several documents are refused where they stand", () => {
  assert.match(messages("on: push\njobs:\n\ta: 1\n").join(), /^3 Tabs are not allowed as indentation/);
  assert.deepEqual(messages(`${plain}on: pull_request\n`), ["6 'on' is already defined"]);
  const merge = "on: push\njobs:\n  a: &a\n    runs-on: x\n    steps: [{ run: ls }]\n  b:\n    <<: *a\n";
  assert.ok(messages(merge).includes("7 Unexpected value '<<'"), messages(merge).join());
  assert.match(messages(`${plain}---\n${plain}`).join(), /^6 .*multiple documents/);
});

test("of what is no YAML only the first mistake is reported", () => {
  assert.deepEqual(messages("on: push\njobs:\n  a: { b: $" + "{{ c }} }\n  d: }\n"), [
    "3 Unexpected flow-map-start at node end",
  ]);
});

test("scalars where maps are expected, and the other way round", () => {
  const shapes = ["jobs: 3", "jobs: [a]", "jobs: { a: 1 }", "jobs: { a: { steps: { x: 1 } } }", "jobs: { a: [1] }"];
  for (const shape of shapes) assert.notDeepEqual(messages(`on: push\n${shape}\n`), [], shape);
  for (const on of ["on: 3", "on: { push: 1 }", "on: { push: [a] }", "on: [[push]]", "on: { schedule: { cron: 1 } }"]) {
    assert.notDeepEqual(messages(`${on}\n${plain.slice(plain.indexOf("jobs"))}`), [], on);
  }
  assert.notDeepEqual(messages(`? { a: b }\n: c\n${plain}`), []);
});

test("a bad expression in quoted text over several lines is placed inside of the file", () => {
  const text = `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: "echo\n          \${{ secret.x }}"`;
  const [problem, ...more] = readWorkflows({ "x.yml": text }).problems;
  assert.deepEqual(more, []);
  assert.equal(problem?.message, "Unrecognized named-value: 'secret'");
  assert.deepEqual([problem.location.line, problem.location.column], [7, 11]);
});

test("a workflow where an action should be is read as the action it is not", () => {
  const uses = plain.replace("run: 'true'", "uses: ./act");
  const repository = readRepository(
    writeTree({
      ".github/workflows/x.yml": uses,
      "act/action.yml": "name: A\njobs:\n  a:\nruns: { using: node24, main: x }\n",
    }),
  );
  assert.deepEqual(
    repository.actions.map(({ using }) => using),
    ["node"],
  );
});

test("aliases that multiply are stopped", () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(", ")}]`);
  assert.deepEqual(messages(`l0: &l0 [x]\n${levels.join("\n")}\n${plain}`), [
    "5 Aliases that add up to too many values",
  ]);
});

test("an alias of what it stands in, or of nothing, is refused", () => {
  assert.match(messages(`env: &e { X: *e }\n${plain}`).join(), /^1 /);
  assert.match(messages(`env: *gone\n${plain}`).join(), /^1 /);
});

test("nesting without end does not end us", () => {
  for (const [open, close] of [
    ["[", "]"],
    ["{a: ", "}"],
  ] as const) {
    for (const depth of [200, 20_000]) {
      const found = messages(`on: push\nenv: ${open.repeat(depth)}${close.repeat(depth)}\n`);
      assert.match(found.join(), /nested (too deeply|deeper)/i, `${open} ${depth}`);
    }
  }
  const blocks = Array.from({ length: 1_200 }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
  assert.match(messages(blocks).join(), /nested/i);
});

test("a file beyond GitHub's size is refused without being parsed", () => {
  const big = `${plain}${"# padding\n".repeat(1_000_000)}`;
  assert.deepEqual(messages(big), [
    "1 The file has 9.5 MB and GitHub reads at most 1 MB: split it into several workflows",
  ]);
});

test("a file just below the size is read, however odd it is", fullDepth(), () => {
  const job = (i: number) => `  j${i}:\n    runs-on: x\n    steps:\n      - run: echo a\n`;
  assert.deepEqual(messages(`on: push\njobs:\n${Array.from({ length: 15_000 }, (_, i) => job(i)).join("")}`), []);
  const keys = `on: push\nenv:\n${Array.from({ length: 60_000 }, (_, i) => `  K${i}: v\n`).join("")}${plain.slice(9)}`;
  assert.deepEqual(messages(keys), []);
  const long = `on: push\nenv:\n  X: "${`\${{ github.sha }}`.repeat(50_000)}"\n${plain.slice(9)}`;
  assert.deepEqual(messages(long), []);
});

test("a thousand workflows are read", fullDepth(), () => {
  const files = Array.from({ length: 1_000 }, (_, i) => [`.github/workflows/w${i}.yml`, `name: W${i}\n${plain}`]);
  const repository = readRepository(writeTree(Object.fromEntries(files)));
  assert.equal(repository.workflows.length, 1_000);
  assert.deepEqual(repository.problems, []);
});
