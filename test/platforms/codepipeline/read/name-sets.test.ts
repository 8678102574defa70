import assert from "node:assert/strict";
import { test } from "node:test";
import { environmentKindOf } from "../../../../src/platforms/codepipeline/facts/environments.ts";
import { globMatcher, nameSet } from "../../../../src/platforms/codepipeline/facts/name-sets.ts";
import { secrecy } from "../../../../src/platforms/codepipeline/read/secrets.ts";

test("patterns of branches and paths", () => {
  const cases: readonly (readonly [pattern: string, name: string, accepted: boolean])[] = [
    ["main", "main", true],
    ["main", "main2", false],
    ["feature/*", "feature/a", true],
    ["feature/*", "feature/a/b", false],
    ["feature/**", "feature/a/b", true],
    ["**/*.ts", "a/b/c.ts", true],
    ["**/*.ts", "c.ts", true],
    ["v?", "v1", true],
    ["{main,develop}", "develop", true],
    ["{main,develop}", "release", false],
    ["a.b", "axb", false],
  ];
  for (const [pattern, name, accepted] of cases)
    assert.equal(globMatcher(pattern).test(name), accepted, `${pattern} ${name}`);
});

test("what is excluded stays out, whatever includes it", () => {
  const at = { source: { path: "", text: "", byteOrderMark: false }, start: 0, end: 0 };
  const text = (value: string) => ({ key: [{ kind: "text", text: value } as const], at });
  const set = nameSet({ includes: [text("web/**")], excludes: [text("web/docs/**")] });
  assert.deepEqual(
    ["web/a", "web/docs/a", "api/a"].map((path) => set.accepts(path)),
    [true, false, false],
  );
  const open = { key: [{ kind: "expression", text: "#Branch" } as const], at };
  assert.equal(nameSet({ includes: [open], excludes: [] }).kind, "all");
});

test("environments by the words in a name", () => {
  const names = [
    "Prod",
    "DeployProduction",
    "pre-prod",
    "qa-vpc-setup",
    "Staging",
    "Stage",
    "DevDeploy",
    "ProdToDev",
    "products",
    "nonprod",
  ];
  assert.deepEqual(names.map(environmentKindOf), [
    "production",
    "production",
    "staging",
    "staging",
    "staging",
    undefined,
    "development",
    undefined,
    undefined,
    "staging",
  ]);
});

test("secrets are told from placeholders, references and names", () => {
  const no = [
    "YOUR_TOKEN_HERE_1",
    "changeme123",
    "${var.token}",
    "{{resolve:ssm:x1}}",
    "/shop/token1",
    "arn:aws:x1",
    "my-token-name",
    "short1",
    "<token 123>",
  ];
  for (const value of no) assert.equal(secrecy("github_token", value), "no", value);
  assert.equal(secrecy("github_token", "a9f8e7d6c5b4a3f2"), "likely");
  assert.equal(secrecy("whatever", `ghp_${"a1B2".repeat(9)}`), "certain");
  assert.equal(secrecy("branch", "a9f8e7d6c5b4a3f2"), "no");
});
