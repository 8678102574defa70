import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  exceptNames,
  findName,
  letsIn,
  type NameFilter,
  onlyNames,
} from "../../../../../src/platforms/github/read/filters/filters.ts";
import { tries } from "../../../../lane/depth.ts";

/** Patterns with names that they match and names that they do not; from GitHub's documentation, and its consequences. */
const documented: [pattern: string, yes: string[], no: string[]][] = [
  ["feature/*", ["feature/my-branch", "feature/your-branch"], ["feature/a/b", "feature"]],
  ["feature/**", ["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"], ["features/x"]],
  ["main", ["main"], ["Main", "main2"]],
  ["releases/mona-the-octocat", ["releases/mona-the-octocat"], ["releases"]],
  ["*", ["main", "releases"], ["all/the/branches"]],
  ["**", ["all/the/branches", "every/tag"], []],
  ["*feature", ["mona-feature", "feature", "ver-10-feature"], ["feature-x", "a/feature"]],
  ["v2*", ["v2", "v2.0", "v2.9"], ["v1"]],
  ["v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.0", "v1.a.1"]],
  ["*.jsx?", ["page.js", "page.jsx"], ["page.jsxx", "src/page.js"]],
  ["*.js", ["app.js", "index.js"], ["js/index.js"]],
  ["**.js", ["index.js", "js/index.js", "src/js/app.js"], ["index.ts"]],
  ["docs/*", ["docs/README.md", "docs/file.txt"], ["docs/a/b.md"]],
  ["docs/**", ["docs/README.md", "docs/mona/octocat.txt"], ["doc/x"]],
  ["docs/**/*.md", ["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"], ["docs/x.txt"]],
  ["**/docs/**", ["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"], ["mydocs/x"]],
  ["**/README.md", ["README.md", "js/README.md"], ["XREADME.md"]],
  ["**/*src/**", ["a/src/app.js", "my-src/code/js/app.js"], ["src2/x"]],
  ["**/*-post.md", ["my-post.md", "path/their-post.md"], ["post.md"]],
  ["**/migrate-*.sql", ["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"], ["migrate.sql"]],
  ["Octoc?t", ["Octoct", "Octot"], ["Octocat"]],
  ["[CB]at", ["Cat", "Bat"], ["cat", "Rat"]],
  ["[1-2]00", ["100", "200"], ["300"]],
  ["a\\*b\\+", ["a*b+"], ["axb+", "a*bb"]],
  ["x[", ["x["], ["x"]],
];

test("patterns match what GitHub documents", () => {
  for (const [pattern, yes, no] of documented) {
    for (const name of yes) assert.ok(letsIn(onlyNames([pattern]), name), `${pattern} should match ${name}`);
    for (const name of no) assert.ok(!letsIn(onlyNames([pattern]), name), `${pattern} should not match ${name}`);
  }
});

test("of several patterns the last that matches decides", () => {
  const docs = onlyNames(["*.md", "!README.md"]);
  assert.deepEqual(
    ["hello.md", "README.md", "docs/hello.md"].map((name) => letsIn(docs, name)),
    [true, false, false],
  );
  const again = onlyNames(["*.md", "!README.md", "README*"]);
  assert.deepEqual(
    ["hello.md", "README.md", "README.doc"].map((name) => letsIn(again, name)),
    [true, true, true],
  );
  const releases = onlyNames(["releases/**", "!releases/**-alpha"]);
  assert.deepEqual(
    ["releases/10", "releases/beta/3-alpha", "releases/10-alpha"].map((name) => letsIn(releases, name)),
    [true, false, false],
  );
  assert.equal(letsIn(onlyNames(["!main"]), "dev"), false);
});

test("ignored names are out, all others in", () => {
  const filter = exceptNames(["main", "release/**"]);
  assert.deepEqual(
    ["main", "release/1", "dev"].map((name) => letsIn(filter, name)),
    [false, false, true],
  );
  assert.equal(letsIn(exceptNames([]), "anything/at/all"), true);
});

test("two filters are asked for a name in common", () => {
  const together = (a: NameFilter, b: NameFilter) => {
    const found = findName({ passing: [a, b], failing: [] });
    return found.answer === "yes" ? found.name : found.answer;
  };
  assert.equal(together(onlyNames(["main"]), onlyNames(["main", "dev"])), "main");
  assert.equal(together(onlyNames(["main"]), onlyNames(["develop"])), "no");
  assert.equal(together(onlyNames(["release/**"]), exceptNames([])), "release/x");
  assert.equal(together(onlyNames(["*"]), onlyNames(["feature/*"])), "no");
  assert.equal(together(onlyNames(["v[0-9]+.[0-9]+"]), onlyNames(["v*-rc"])), "no");
  assert.equal(together(onlyNames(["v*"]), onlyNames(["*-rc"])), "v-rc");
  assert.equal(together(onlyNames(["**"]), exceptNames(["*", "*/*"])), "x/x/x");
  assert.equal(together(onlyNames(["web/**", "!web/docs/**"]), onlyNames(["**/docs/**", "!docs/**"])), "web/x/docs/x");
  assert.equal(together(onlyNames(["!main"]), exceptNames([])), "no");
});

test("a filter is within another, or there is a name outside", () => {
  const outside = (inner: NameFilter, outer: NameFilter) => findName({ passing: [inner], failing: [outer] });
  assert.deepEqual(outside(onlyNames(["main"]), onlyNames(["ma*"])), { answer: "no" });
  const withoutDocs = onlyNames(["src/**", "!src/docs/**"]);
  assert.deepEqual(outside(onlyNames(["src/**"]), withoutDocs), { answer: "yes", name: "src/docs/x" });
  assert.deepEqual(outside(exceptNames(["docs/**"]), exceptNames([])), { answer: "no" });
});

test("patterns that blow up are given up, in bounded time", () => {
  const hard = onlyNames([`**${"a**".repeat(40)}`, `!**${"b**".repeat(40)}`, `**${"c*".repeat(40)}`]);
  const other = onlyNames([`**${"ab+**".repeat(40)}x`, `!**${"ba*".repeat(40)}`]);
  assert.ok(["yes", "unknown"].includes(findName({ passing: [hard, other], failing: [] }).answer));
  assert.equal(letsIn(onlyNames([`${"a+".repeat(30)}b`]), "a".repeat(5_000)), false);
});

const piece = fc.constantFrom("a", "b", "/", "*", "**", "a?", "b+", "[ab]", "x", "**/");
const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(""));
const filter: fc.Arbitrary<NameFilter> = fc.oneof(
  fc
    .array(fc.tuple(fc.boolean(), pattern), { minLength: 1, maxLength: 3 })
    .map((rules) => onlyNames(rules.map(([negated, text]) => (negated ? `!${text}` : text)))),
  fc.array(pattern, { minLength: 1, maxLength: 2 }).map(exceptNames),
);
const names = [
  ...(function* () {
    const chars = ["a", "b", "/", "x"];
    for (const a of chars)
      for (const b of ["", ...chars])
        for (const c of ["", ...chars]) for (const d of ["", ...chars]) yield a + b + c + d;
  })(),
].filter((name) => name.split("/").every((segment) => segment !== ""));

test("a name that is found fits, and where none is found no short one fits", () => {
  fc.assert(
    fc.property(filter, filter, (a, b) => {
      const found = findName({ passing: [a], failing: [b] });
      if (found.answer === "yes") {
        assert.ok(letsIn(a, found.name) && !letsIn(b, found.name), found.name);
      } else if (found.answer === "no") {
        for (const name of names) assert.ok(!(letsIn(a, name) && !letsIn(b, name)), name);
      }
    }),
    tries(300),
  );
});

test("automata agree with regular expressions", () => {
  const expression = (text: string) => {
    let source = "";
    for (const part of text.match(/\*\*\/|\*\*|\*|\[ab\]|./g) ?? []) {
      const whole = part === "**/" && (source === "" || source.endsWith("/") || source.endsWith("/)?"));
      source += { "**/": whole ? "(.*/)?" : ".*/", "**": ".*", "*": "[^/]*" }[part] ?? part;
    }
    return new RegExp(`^${source}$`);
  };
  const simple = fc.array(fc.constantFrom("a", "b", "/", "*", "**", "a?", "b+", "[ab]"), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      simple.map((pieces) => pieces.join("")),
      (text) => {
        // Three or more stars in a row and a quantifier after a star mean nothing that is documented.
        fc.pre(!/\*{3}|\*[?+]/.test(text));
        const reference = expression(text);
        for (const name of names)
          assert.equal(letsIn(onlyNames([text]), name), reference.test(name), `${text} ${name}`);
      },
    ),
    tries(300),
  );
});
