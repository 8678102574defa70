import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { drawDot } from "../../src/order/draw/dot.ts";
import type { Drawing } from "../../src/order/draw/drawing.ts";
import { drawGroups } from "../../src/order/draw/groups.ts";
import { drawMermaid } from "../../src/order/draw/mermaid.ts";
import { drawTree } from "../../src/order/draw/text.ts";
import { needs } from "../lane/needs.ts";

const storefront: Drawing = {
  nodes: [
    { id: "infra.apply@dev", label: "apply", group: "infra", state: "run" },
    { id: "web.test", label: "test", group: "web", state: "run" },
    { id: "web.build@dev", label: "build", group: "web", state: "run" },
    { id: "report", label: "report", state: "skip" },
  ],
  edges: [
    { from: "infra.apply@dev", to: "web.build@dev", kind: "hand-off", label: "apiUrl" },
    { from: "web.test", to: "web.build@dev", kind: "gate" },
    { from: "web.build@dev", to: "report", kind: "order" },
  ],
};

test("mermaid", () => {
  assert.equal(
    drawMermaid(storefront),
    `flowchart LR
  subgraph g0["infra"]
    n0["apply"]:::run
  end
  subgraph g1["web"]
    n1["test"]:::run
    n2["build"]:::run
  end
  n3["report"]:::skip
  n0 ==>|"apiUrl"| n2
  n1 --> n2
  n2 -.-> n3
  classDef run fill:#dbeafe,stroke:#1d4ed8,color:#0f172a
  classDef skip fill:#ffffff,stroke:#94a3b8,color:#0f172a
`,
  );
});

test("mermaid reads no character of a label as its own", () => {
  const nasty = 'a"] --> b; <b>#quot; `*x*` [matrix] %% __y__';
  const [, line] = drawMermaid({ nodes: [{ id: "x", label: nasty }], edges: [] }).split("\n");
  assert.match(line!, /^ {2}n0\["[\p{L}\p{N} .,:@/_()=+#;-]*"\]$/u);
  const unescaped = line!.slice(6, -2).replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
  assert.equal(unescaped, nasty);
});

test("a tree for terminals: what has been unfolded above is only named again", () => {
  assert.equal(
    drawTree(storefront),
    `apply (run)
└─ build (run)
   └─ report (skip)
test (run)
└─ build (run) ↑
`,
  );
});

test("group after group: what comes from another one stands behind, unless it is said of the whole group", () => {
  const node = (id: string, group?: string) => ({ id, label: id, state: "run" as const, ...(group && { group }) });
  const drawing: Drawing = {
    nodes: [
      node("built"),
      node("a1", "dev"),
      node("b1", "dev"),
      node("c1", "dev"),
      node("a2", "test"),
      node("b2", "test"),
    ],
    edges: [
      { from: "a1", to: "b1", kind: "gate" },
      { from: "b1", to: "c1", kind: "gate" },
      { from: "a1", to: "c1", kind: "gate" },
      { from: "built", to: "b1", kind: "gate" },
      { from: "b1", to: "a2", kind: "gate" },
      { from: "a2", to: "b2", kind: "gate" },
      { from: "built", to: "b2", kind: "gate" },
    ],
  };
  const told = new Map([
    ["dev", ""],
    ["test", ", after dev"],
  ]);
  assert.equal(
    drawGroups(drawing, told),
    `dev
  a1 (run)
  ├─ b1 (run) ← built
  │  └─ c1 (run)
  └─ c1 (run) ↑

test, after dev
  a2 (run)
  └─ b2 (run) ← built

built (run)
`,
  );
  assert.match(drawGroups(drawing), /^test\n {2}a2 \(run\) ← b1$/m, "what nothing else tells is told at the node");
});

test("a label cannot steer the terminal", () => {
  const drawing: Drawing = { nodes: [{ id: "x", label: "a\u001b[31m\nb" }], edges: [] };
  assert.equal(drawTree(drawing), "a\ufffd[31m b\n");
});

test("edges to nodes that are not drawn, and nodes drawn twice, are refused", () => {
  const twice = { nodes: [storefront.nodes[0]!, storefront.nodes[0]!], edges: [] };
  const astray: Drawing = { nodes: [], edges: [{ from: "a", to: "b", kind: "gate" }] };
  for (const draw of [drawMermaid, drawDot, drawTree, drawGroups]) {
    assert.throws(() => draw(twice), /infra.apply@dev is drawn twice/);
    assert.throws(() => draw(astray), /a, which is not drawn/);
  }
});

test("dot reads what is drawn and gives every label back as it was", needs("dot"), () => {
  const labels = fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replace(/\p{Cc}/gu, ""));
  const shown = fc.constantFrom('say "hi"', "C:\\new\\N", "a & b &amp; &#65;", "<b>no</b>", "{x|y}");
  const samples = [...fc.sample(labels, { numRuns: 40, seed: 7 }), ...fc.sample(shown, { numRuns: 20, seed: 7 })];
  const drawing: Drawing = {
    nodes: samples.map((label, i) => ({
      id: `${i}`,
      label,
      ...(i % 3 === 0 ? { group: label, state: "failed" } : {}),
    })),
    edges: samples.slice(1).map((label, i) => ({ from: `${i}`, to: `${i + 1}`, kind: "order", label })),
  };
  const svg = execFileSync("dot", ["-Tsvg"], { input: drawDot(drawing), encoding: "utf8" });
  const texts = [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/gs)].map(([, text]) => readXml(text!));
  const wanted = new Set(samples.filter((label) => label.trim() !== ""));
  for (const label of wanted)
    assert.ok(texts.includes(label.replace(/\u00a0/g, " ")), `${label} in ${JSON.stringify(texts)}`);
});

function readXml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replace(/\u00a0/g, " ");
}
