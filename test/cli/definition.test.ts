import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { storefrontFiles } from "./deliveries.ts";
import { batonFile, sandbox } from "./sandbox.ts";

/** A definition that cannot be used, and what Baton must say about it. */
interface Bad {
  name: string;
  files: Record<string, string>;
  says: RegExp[];
  env?: Record<string, string>;
}

const built = `import { delivery, env, pipeline, sh } from "baton-cd";
const app = pipeline("app", { jobs: { go: { steps: [sh("true")] } } });
`;

const bad: Bad[] = [
  {
    name: "throws",
    files: {
      "part.ts": 'export function region(): string {\n  throw new RangeError("no region for prod");\n}\n',
      "baton.config.ts": 'import { region } from "./part.ts";\nexport default region();\n',
    },
    says: [/part\.ts:2:9 threw while it was loaded: RangeError: no region for prod/, /2 \| {3}throw new RangeError/],
  },
  {
    name: "throws something that is no error",
    files: { "baton.config.ts": 'throw "nope";\n' },
    says: [/baton\.config\.ts threw "nope"/],
  },
  {
    name: "exports nothing",
    files: { "baton.config.ts": `${built}` },
    says: [/default export is missing/, /export default delivery\("name"/],
  },
  {
    name: "exports the delivery under a name",
    files: {
      "baton.config.ts": `${built}export const shop = delivery("shop", { pipelines: [app], environments: [env("dev")] });\n`,
    },
    says: [/it also exports "shop"/, /export default shop/],
  },
  {
    name: "never ends",
    files: { "baton.config.ts": "for (;;) {}\nexport default 1;\n" },
    env: { BATON_DEFINITION_LIMIT_MS: "200" },
    says: [/baton\.config\.ts did not finish loading within 0\.2 seconds/, /a definition only describes/],
  },
  {
    name: "awaits what never comes",
    files: { "baton.config.ts": "setInterval(() => {}, 1000);\nawait new Promise(() => {});\nexport default 1;\n" },
    env: { BATON_DEFINITION_LIMIT_MS: "600" },
    says: [/did not finish loading within 0\.6 seconds/],
  },
  {
    name: "loops after an await",
    files: { "baton.config.ts": "await 0;\nfor (;;) {}\nexport default 1;\n" },
    env: { BATON_DEFINITION_LIMIT_MS: "600" },
    says: [/did not finish loading within 0\.6 seconds/],
  },
  {
    name: "leaves the process",
    files: { "baton.config.ts": "process.exit(0);\nexport default 1;\n" },
    says: [/called process\.exit\(\) while it was loaded: nothing was run/],
  },
  {
    name: "has a syntax error",
    files: { "baton.config.ts": "const a = 1;\nconst b = ;\nexport default b;\n" },
    says: [/baton\.config\.ts:2:11 cannot be read: Expression expected/, /2 \| const b = ;\n.*\| {11}\^/],
  },
  {
    name: "uses TypeScript that must be compiled",
    files: { "baton.config.ts": "enum Region { a }\nexport default Region;\n" },
    says: [
      /baton\.config\.ts:1:1 uses TypeScript that has to be compiled/,
      /a union or a plain object instead of an enum/,
    ],
  },
  {
    name: "imports a file that is not there",
    files: {
      "lib/x.ts": "export const x = 1;\n",
      "baton.config.ts": '\nimport { x } from "./lib/xx";\nexport default x;\n',
    },
    says: [/baton\.config\.ts:2:20: the imported file lib\/xx does not exist/, /did you mean x\.ts\?/],
  },
  {
    name: "imports a package that is not installed",
    files: { "baton.config.ts": 'import { x } from "left-out";\nexport default x;\n' },
    says: [/baton\.config\.ts:1:20: the package "left-out" is not installed/, /npm install left-out/],
  },
  {
    name: "imports a package whose name is nearly ours",
    files: { "baton.config.ts": 'import { delivery } from "batoncd";\nexport default delivery;\n' },
    says: [/the package "batoncd" is not installed/, /next: did you mean "baton-cd"\?/],
  },
  {
    name: "imports what Baton does not export",
    files: { "baton.config.ts": 'import { pipline } from "baton-cd";\nexport default pipline;\n' },
    says: [/baton\.config\.ts:1:10: baton-cd has nothing called "pipline"/, /next: did you mean "pipeline"\?/],
  },
  {
    name: "is refused by the model, all reasons at once",
    files: {
      "baton.config.ts": `import { delivery, env, pipeline, sh } from "baton-cd";
const web = pipeline("web", { jobs: { a: { needs: ["b"], steps: [sh("true")] }, b: { needs: ["a"], steps: [sh("true")] } } });
export default delivery("shop", { pipelines: [web], environments: [env("dev", { after: "nowhere" as "dev" })] });
`,
    },
    says: [/not accepted: \d problems/, /cycle/, /nowhere/, /baton\.config\.ts:\d+/],
  },
  {
    name: "is YAML with a mistake",
    files: { "baton.config.yaml": "name: shop\nenvironments:\n  dev: {}\npipelines:\n  web:\n    jbs: {}\n" },
    says: [/baton\.config\.yaml:6:5/, /jobs/],
  },
  {
    name: "stands beside another",
    files: { "baton.config.ts": "export default 1;\n", "baton.config.yaml": "name: x\n" },
    says: [/side by side: which one is meant/, /--config FILE/],
  },
];

/** One of each way to end: while it is read, loaded and judged, and never. */
const inFastLane = ["throws", "never ends", "is refused by the model, all reasons at once"];

for (const { name, files, says, env } of bad) {
  test(`a definition that ${name} is explained`, inFastLane.includes(name) ? {} : fullDepth(), async (t) => {
    const box = sandbox(t, { files });
    Object.assign(box.env, env);
    const { code, stdout, stderr } = await box.baton("plan");
    assert.equal(code, 2, stderr);
    for (const words of says) assert.match(stderr, words);
    assert.doesNotMatch(stderr, /^\s+at .*node:internal/m, "no stack of Baton's own");
    assert.equal(stdout, "");
    assert.equal(box.exists(".baton"), false);
  });
}

test("a definition may await, print and be plain JavaScript", async (t) => {
  const text = `import { delivery, env, pipeline, sh } from "baton-cd";
console.log("not data");
const name = await Promise.resolve("shop");
const app = pipeline("app", { jobs: { go: { steps: [sh("true")] } } });
export default delivery(name, { pipelines: [app], environments: [env("dev")] });
`;
  const box = sandbox(t, { files: { "baton.config.mjs": text } });
  const plan = await box.json<{ delivery: string }>("plan");
  assert.equal(plan.delivery, "shop");
});

test("the definition is found from a folder below, and no further up than the repository", async (t) => {
  const box = sandbox(t, { files: storefrontFiles });
  const below = join(box.root, "web");
  const { code, stdout } = await box.baton("plan", "--config", "web/../baton.config.ts");
  assert.equal(code, 0);
  assert.match(stdout, /storefront/);
  mkdirSync(join(below, "nested", ".git"), { recursive: true });
  const none = await box.baton("plan", "--config", "web/nested");
  assert.equal(none.code, 2);
  assert.match(none.stderr, /there is no baton\.config\.ts/);
});

test("a definition in YAML gives the same kind of plan", async (t) => {
  const yaml = `name: shop
environments:
  dev: {}
pipelines:
  web:
    jobs:
      go:
        steps:
          - run: "true"
`;
  const box = sandbox(t, { files: { "baton.config.yaml": yaml } });
  const plan = await box.json<{ jobs: { id: string }[] }>("plan");
  assert.deepEqual(
    plan.jobs.map(({ id }) => id),
    ["web.go@dev"],
  );
});

test("what a busy machine takes from it does not count as time to load", fullDepth("taskset"), async (t) => {
  // All on the first processor that this process may use, of which each then has a small part.
  const first = /Cpus_allowed_list:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]!;
  const others = Array.from({ length: 8 }, () =>
    spawn("taskset", ["-c", first, process.execPath, "-e", "for (;;);"], { stdio: "ignore" }),
  );
  t.after(async () => {
    for (const other of others) other.kill("SIGKILL");
    await Promise.all(others.map((other) => other.exitCode ?? other.signalCode ?? once(other, "exit")));
  });
  const work = "while (process.cpuUsage().user < 500_000);\n";
  const files = {
    "baton.config.ts": `${built}${work}export default delivery("shop", { pipelines: [app], environments: [env("dev")] });\n`,
  };
  const box = sandbox(t, { files });
  const began = performance.now();
  const { status, stderr } = spawnSync("taskset", ["-c", first, batonFile, "plan"], {
    cwd: box.root,
    env: { ...process.env, BATON_DEFINITION_LIMIT_MS: "3000" },
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  assert.ok(performance.now() - began > 3000, "it took longer than it may");
});
