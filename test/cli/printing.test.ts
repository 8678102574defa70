import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { commands } from "../../src/cli/commands.ts";
import { gatedJson, gatedLines, ownColours } from "../../src/cli/terminal/gate.ts";
import { Screen } from "../../src/cli/terminal/screen.ts";
import { colouredStyle } from "../../src/cli/terminal/style.ts";
import { tries } from "../lane/depth.ts";
import { fullDepth } from "../lane/needs.ts";
import { type Finished, type Sandbox, sandbox } from "./sandbox.ts";

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what must not come through.
/** Everything that makes a terminal do something, but for the line end and the colours that Baton itself uses. */
const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const COLOURS = /\x1b\[[0-9;:]*m/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above.

const HOSTILE = "\x1b]0;OWNED\x07\x1b[2J\x1b[8mhidden\rover\b\u009b31m\u202egnp\u2066.\x7f";
const asYaml = (text: string) => JSON.stringify(text).replaceAll("\x7f", "\\x7f").replaceAll("\u009b", "\\x9b");

/** Names, comments, messages, values: what people and jobs may write, each with something that a terminal would obey. */
const definition = `
name: hostile
environments:
  dev: { branch: main }
  prod: { after: dev, approval: { reviewers: [${asYaml(`boss${HOSTILE}`)}], message: ${asYaml(`sure?${HOSTILE}`)} } }
pipelines:
  a:
    description: ${asYaml(`about${HOSTILE}`)}
    outputs: { v: { job: out }, w: { type: json, job: out }, big: { job: out } }
    jobs:
      esc: { steps: [{ name: ${asYaml(`step${HOSTILE}\nsecond line`)}, run: "printf 'said\\\\033[8mhidden\\\\033]0;OWNED\\\\007\\\\u202e \\\\033[31mred\\n'" }] }
      out:
        deploys: true
        steps:
          - 'printf "v=\\033]0;OWNED\\007val\\033[2J\\u202eue\\n" >> "$BATON_OUTPUT"'
          - 'printf "w<<EOF\\n{\\"a\\":\\n1}\\nEOF\\n" >> "$BATON_OUTPUT"'
          - '(printf "big="; head -c 900000 /dev/zero | tr "\\0" x; echo) >> "$BATON_OUTPUT"'
  b:
    jobs:
      fails: { continueOnFailure: true, steps: [{ name: ${asYaml(`bad${HOSTILE}`)}, run: "printf 'last words\\\\033[8m\\\\u202e'; exit 3" }] }
`;

const workflow = `
name: ${asYaml(`ci${HOSTILE}`)}
on: { push: { branches: [main] } }
jobs:
  deploy: { runs-on: ubuntu-latest, environment: production, steps: [{ name: ${asYaml(`x${HOSTILE}`)}, run: ${asYaml(`npm run deploy # ${HOSTILE}`)} }] }
`;
const after = `
name: later
on: { workflow_run: { workflows: [${asYaml(`ci${HOSTILE}`)}], types: [completed] } }
jobs: { deploy: { runs-on: ubuntu-latest, steps: [{ uses: actions/checkout@v4 }, { run: ./deploy.sh }] } }
`;

/** What is called of each command, in this order; `--json` is added where it says so. */
const calls: Record<string, { args: string[]; json?: true }[]> = {
  plan: [
    { args: ["--event", "push"], json: true },
    { args: ["--explain", "a.out@dev"] },
    { args: ["--branch", HOSTILE] },
  ],
  run: [
    { args: ["--to", "prod", "--verbose", "--any-branch", "--allow-dirty"] },
    { args: ["--force", "--env", "dev"], json: true },
    { args: ["--env", HOSTILE] },
  ],
  status: [{ args: [], json: true }],
  approve: [{ args: ["1", `prod${HOSTILE}`] }, { args: [HOSTILE, "prod"] }],
  reject: [{ args: ["1", "prod", "--comment", `no\n✔ release 1 passed${HOSTILE}`] }],
  retry: [{ args: ["1", "--job", HOSTILE] }, { args: [HOSTILE] }],
  resume: [{ args: [] }],
  cancel: [{ args: [HOSTILE] }],
  promote: [{ args: ["--to", "prod", "--dry-run"], json: true }, { args: [HOSTILE, "--to", HOSTILE] }],
  rollback: [{ args: ["prod", "--dry-run"] }, { args: [HOSTILE] }],
  release: [{ args: ["list"], json: true }, { args: ["show"], json: true }, { args: ["show", "--markdown"] }],
  freeze: [
    { args: ["prod", "--until", "1h", "--reason", HOSTILE], json: true },
    { args: [HOSTILE, "--until", "1h", "--reason", "x"] },
    { args: ["prod", "--until", HOSTILE, "--reason", "x"] },
  ],
  thaw: [{ args: ["prod"] }, { args: [HOSTILE] }],
  drift: [{ args: ["prod"] }, { args: [HOSTILE] }],
  audit: [{ args: ["list"], json: true }, { args: ["verify", HOSTILE] }, { args: [HOSTILE] }],
  report: [{ args: [], json: true }, { args: ["--markdown"] }, { args: ["--since", HOSTILE] }],
  notices: [{ args: [], json: true }, { args: ["retry", HOSTILE] }, { args: [HOSTILE] }],
  logs: [{ args: ["1"], json: true }, { args: ["1", HOSTILE] }],
  outputs: [{ args: [], json: true }, { args: ["--env", HOSTILE] }],
  graph: [
    { args: ["--jobs"], json: true },
    { args: ["--jobs", "--format", "mermaid"] },
    { args: ["--jobs", "--format", "dot"] },
    { args: ["."], json: true },
  ],
  serve: [{ args: ["--port", HOSTILE] }, { args: ["--agents", HOSTILE] }],
  agent: [{ args: ["--url", HOSTILE] }, { args: ["--url", "http://127.0.0.1:1", "--labels", HOSTILE] }],
  token: [
    { args: ["list"], json: true },
    { args: ["create", HOSTILE, "--role", HOSTILE] },
    { args: ["revoke", HOSTILE] },
  ],
  // Only into a folder that is new or empty.
  backup: [{ args: ["copy"] }, { args: ["another", "--json"] }, { args: [HOSTILE] }],
  admin: [
    { args: [HOSTILE] },
    { args: ["export", "--database", HOSTILE] },
    {
      args: [
        "import",
        "--database",
        `postgres://${encodeURIComponent(HOSTILE)}@127.0.0.1:1/${encodeURIComponent(HOSTILE)}`,
      ],
    },
    { args: ["import", "--database", `postgres://127.0.0.1:1/${HOSTILE}`, "--delivery", HOSTILE] },
  ],
  services: [{ args: [], json: true }, { args: ["stop", HOSTILE] }],
  doctor: [{ args: [], json: true }],
  check: [
    { args: [], json: true },
    { args: ["--format", "github"] },
    { args: ["--format", "sarif"] },
    { args: [HOSTILE] },
  ],
  generate: [{ args: ["github", "--out", "written"], json: true }, { args: ["codepipeline"] }, { args: [HOSTILE] }],
  cost: [{ args: [], json: true }],
  init: [{ args: [] }, { args: [`--${HOSTILE}`] }],
  "read-findings": [{ args: ["."] }],
  "read-report": [{ args: ["baton.yaml", "0", "1"] }],
  "read-definition": [{ args: ["baton.yaml"] }, { args: [`${HOSTILE}.ts`] }],
};

test("every command is called", () => {
  assert.deepEqual(Object.keys(calls).sort(), commands.map(({ name }) => name).sort());
});

test("nothing raw reaches the terminal, whatever command shows it", { timeout: 400_000, ...fullDepth() }, async (t) => {
  const box = sandbox(t, {
    files: { "baton.yaml": definition, ".github/workflows/ci.yml": workflow, ".github/workflows/later.yml": after },
  });
  box.git("checkout", "--quiet", "-b", "x\u202egnp\u009b31m");
  box.write({ [`new${HOSTILE.replaceAll(/[\\/]/g, "")}`]: "" });
  box.env.GITHUB_ACTOR = `ada${HOSTILE}`;
  const seen: string[] = [];
  for (const [command, list] of Object.entries(calls)) {
    for (const { args, json } of list) {
      const { NO_COLOR, ...env } = box.env;
      const coloured = await withEnvironment(box, { ...env, FORCE_COLOR: "1" }, () => box.baton(command, ...args));
      requireTame(coloured, [command, ...args], "coloured");
      seen.push(coloured.stdout, coloured.stderr);
      if (!json) continue;
      const data = await box.baton(command, ...args, "--json");
      requireTame(data, [command, ...args, "--json"], "plain");
      assert.doesNotThrow(
        () => JSON.parse(data.stdout) as unknown,
        `${command} --json\n${data.stdout.slice(0, 400)}\n${data.stderr}`,
      );
    }
  }
  const all = seen.join("");
  assert.doesNotMatch(all, /⏎ *(?:[└├│]|next:|help:)/, "Baton's own lines are printed as one");
  for (const shown of [
    /bad�\]0;OWNED/,
    /w = "\{\\n|w +"\{/,
    /ada�/,
    /x�gnp�31m/,
    /said.*hidden/,
    /900000 characters/,
    /red/,
    /no⏎✔ release 1 passed�/,
  ])
    assert.ok(shown.test(all), `the commands no longer show ${shown}`);
});

async function withEnvironment(
  box: Sandbox,
  env: Record<string, string>,
  work: () => Promise<Finished>,
): Promise<Finished> {
  const before = { ...box.env };
  for (const name of Object.keys(box.env)) delete box.env[name];
  Object.assign(box.env, env);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(box.env)) delete box.env[name];
    Object.assign(box.env, before);
  }
}

function requireTame({ stdout, stderr, code }: Finished, call: string[], mode: "coloured" | "plain"): void {
  const what = JSON.stringify(call);
  assert.ok(code === 0 || code === 1 || code === 2, `${what} ended with ${code}\n${stderr}`);
  for (const line of `${stdout}\n${stderr}`.split("\n")) {
    const colours = line.match(COLOURS) ?? [];
    const shown = `${what}: ${JSON.stringify(line.slice(0, 2_000))}`;
    assert.doesNotMatch(mode === "coloured" ? line.replace(COLOURS, "") : line, RAW, shown);
    assert.ok(
      colours.every((colour) => !/[[;]0*8m|[[;]0*8;/.test(colour)),
      `hides text: ${shown}`,
    );
    const last = colours.at(-1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one.
    assert.ok(last === undefined || /^\x1b\[(?:0|22|39)?m$/.test(last), `a colour goes on: ${shown}`);
    if (mode === "coloured") assert.ok(line.length < 40_000, `${line.length} characters: ${what}`);
  }
}

test("colours of a job's own come through, but what hides text, and end with their line", () => {
  const shown = (text: string) => gatedLines([ownColours(text)], { colours: true });
  assert.equal(shown("\x1b[31mred\x1b[39m!"), "\x1b[31mred\x1b[39m!\n");
  assert.equal(shown("\x1b[1;38;5;8;44mx"), "\x1b[1;38;5;8;44mx\x1b[0m\n");
  assert.equal(shown("\x1b[8mhidden\x1b[31;08;1mred"), "hidden\x1b[31;1mred\x1b[0m\n");
  assert.equal(shown("\x1b[31mred\x1b[mplain"), "\x1b[31mred\x1b[0mplain\n");
  assert.equal(gatedLines([ownColours("\x1b[31mred")], { colours: false }), "red\n");
  assert.equal(gatedLines([colouredStyle.bad("red")], { colours: true }), "\x1b[31mred\x1b[39m\n");
  assert.equal(gatedLines(["\x1b[31mred"], { colours: true }), "\ufffd[31mred\n");
});

test("the picture that is redrawn in place lets nothing through but its own moves", () => {
  const written: string[] = [];
  const screen = new Screen({ write: (text) => written.push(text), columns: 60, rows: 10 }, { colours: true });
  screen.draw([`job ${HOSTILE}`, colouredStyle.active(`cut ${HOSTILE.repeat(9)}`)]);
  screen.print([`said ${HOSTILE}`, ownColours("\x1b[8mhidden\x1b[31mred")]);
  screen.close();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the moves of screen.ts.
  const own = /\x1b\[(?:\?(?:25|2026)[hl]|\d+A|[JK])|\r/g;
  for (const line of written.join("").replace(own, "").split("\n"))
    requireTame({ stdout: line, stderr: "", code: 0 }, ["screen"], "coloured");
  assert.match(written.join(""), /job �\]0;OWNED.*hidden⏎over/);
});

test("whatever the text, the gate lets one tame line through, and JSON stays what it was", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "\x1b[31m",
      "\x1b]0;x",
      "\x07",
      "\x1b[8m",
      "\r",
      "\n",
      "\u202e",
      "\x9b",
      "\ufdd0",
      "\ufdd1",
      "\ufdd08\ufdd1",
      "\ufdd031\ufdd1",
      "\ufdd01;8;4\ufdd1",
      "\ud800",
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.boolean(), (pieces, colours) => {
      const text = pieces.join("");
      const shown = gatedLines([ownColours(text), "next"], { colours });
      assert.equal(shown.split("\n").length, 3);
      requireTame({ stdout: shown, stderr: "", code: 0 }, [text], colours ? "coloured" : "plain");
      const json = gatedJson({ text });
      assert.doesNotMatch(json.replaceAll("\n", ""), RAW);
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify({ text })));
    }),
    tries(500),
  );
});

test("nothing is written to the terminal past the gate", () => {
  const root = fileURLToPath(new URL("../../src/cli", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const past = files.filter((file) => {
    if (file.startsWith(`terminal${sep}`)) return false;
    return /\b(?:stdout|stderr)\.write\(|\bconsole\.(?:log|error|warn|info)\(/.test(
      readFileSync(join(root, file), "utf8"),
    );
  });
  assert.deepEqual(past, [], "print with terminal.print, say or printJson");
});
