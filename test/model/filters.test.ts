import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileFilter, matchesAny, patternProblem } from "../../src/model/filters.ts";
import { tries } from "../lane/depth.ts";

interface Row {
  patterns: string[];
  yes: string[];
  no?: string[];
}

/** GitHub's filter pattern cheat sheet: patterns and the names it gives as matching, with names that must not. */
const branches: Row[] = [
  { patterns: ["feature/*"], yes: ["feature/my-branch", "feature/your-branch"], no: ["feature/a/b", "feature"] },
  {
    patterns: ["feature/**"],
    yes: ["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"],
    no: ["features/x"],
  },
  {
    patterns: ["main", "releases/mona-the-octocat"],
    yes: ["main", "releases/mona-the-octocat"],
    no: ["mainly", "releases/mona"],
  },
  { patterns: ["*"], yes: ["main", "releases"], no: ["all/the/branches"] },
  { patterns: ["**"], yes: ["all/the/branches", "every/tag", "main"] },
  { patterns: ["*feature"], yes: ["mona-feature", "feature", "ver-10-feature"], no: ["feature-1", "a/feature"] },
  { patterns: ["v2*"], yes: ["v2", "v2.0", "v2.9"], no: ["v1.0", "v2/x"] },
  { patterns: ["v[12].[0-9]+.[0-9]+"], yes: ["v1.10.1", "v2.0.0"], no: ["v3.0.0", "v1.x.0", "v1..0"] },
];

const paths: Row[] = [
  { patterns: ["*"], yes: ["README.md", "server.rb"], no: ["docs/README.md"] },
  { patterns: ["*.jsx?"], yes: ["page.js", "page.jsx"], no: ["page.jsxx", "src/page.js"] },
  { patterns: ["**"], yes: ["all/the/files.md", "README.md"] },
  { patterns: ["*.js"], yes: ["app.js", "index.js"], no: ["js/index.js"] },
  { patterns: ["**.js"], yes: ["index.js", "js/index.js", "src/js/app.js"], no: ["index.jsx"] },
  { patterns: ["docs/*"], yes: ["docs/README.md", "docs/file.txt"], no: ["docs/a/file.txt"] },
  { patterns: ["docs/**"], yes: ["docs/README.md", "docs/mona/octocat.txt"], no: ["src/docs/README.md"] },
  {
    patterns: ["docs/**/*.md"],
    yes: ["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"],
    no: ["docs/file.txt"],
  },
  {
    patterns: ["**/docs/**"],
    yes: ["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"],
    no: ["mydocs/hello.md"],
  },
  { patterns: ["**/README.md"], yes: ["README.md", "js/README.md"], no: ["MYREADME.md"] },
  { patterns: ["**/*src/**"], yes: ["a/src/app.js", "my-src/code/js/app.js"], no: ["srcs/app.js"] },
  { patterns: ["**/*-post.md"], yes: ["my-post.md", "path/their-post.md"], no: ["post.md"] },
  {
    patterns: ["**/migrate-*.sql"],
    yes: ["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"],
    no: ["db/amigrate-1.sql"],
  },
  { patterns: ["*.md", "!README.md"], yes: ["hello.md"], no: ["README.md", "docs/hello.md"] },
  { patterns: ["*.md", "!README.md", "README*"], yes: ["hello.md", "README.md", "README.doc"] },
];

for (const [kind, rows] of Object.entries({ branches, paths })) {
  for (const { patterns, yes, no = [] } of rows) {
    test(`${kind}: ${patterns.join(" ")}`, () => {
      const filter = compileFilter(patterns);
      assert.deepEqual(
        [...yes, ...no].filter((name) => filter.matches(name)),
        yes,
      );
    });
  }
}

test("special characters are literal after a backslash, and dots always", () => {
  assert.equal(matchesAny(["a\\*b"], ["a*b"]), true);
  assert.equal(matchesAny(["a\\*b"], ["axb"]), false);
  assert.equal(matchesAny(["\\!keep"], ["!keep"]), true);
  assert.equal(matchesAny(["a.b"], ["axb"]), false);
  assert.equal(matchesAny(["(a|b)"], ["a"]), false);
  assert.equal(matchesAny(["(a|b)"], ["(a|b)"]), true);
  assert.equal(matchesAny(["é+"], ["éé"]), true);
});

test("two stars are special only at the start of a segment", () => {
  assert.equal(matchesAny(["a**/b"], ["ax/y/b"]), true);
  assert.equal(matchesAny(["a**/b"], ["ab"]), false);
  assert.equal(matchesAny(["!**/x", "**/x"], ["x"]), true);
});

test("patterns that GitHub refuses are named, each with the character", () => {
  const wrong = ["", "!", "+a", "a**+", "a??", "[", "[]", "[^a]", "[z-a]", "[a-9]", "a\\"];
  const said = wrong.map((pattern) => {
    const problem = patternProblem(pattern);
    return `${pattern} | ${problem ? `${problem.at}: ${problem.message}` : "fine"}`;
  });
  assert.deepEqual(said, [
    " | 0: there is nothing to match",
    "! | 0: there is nothing to match",
    '+a | 0: "+" has no single character before it to repeat',
    'a**+ | 3: "+" has no single character before it to repeat',
    'a?? | 2: "?" has no single character before it to repeat',
    '[ | 0: "[" is never closed',
    '[] | 0: "[]" lists nothing',
    '[^a] | 1: only letters and digits may stand in "[…]", not "^"',
    '[z-a] | 1: "z-a" is not a range of a-z, A-Z or 0-9',
    '[a-9] | 1: "a-9" is not a range of a-z, A-Z or 0-9',
    'a\\ | 1: there is nothing after "\\" to take as it is',
  ]);
  assert.throws(() => compileFilter(["ok", "a["]), /"a\[", character 2/);
});

const segment = fc.stringMatching(/^[a-z.()|$^{}é-]{1,4}$/);
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

test("a path matches itself, its folder with /**, and ** before its name", () => {
  fc.assert(
    fc.property(path, path, (folder, file) => {
      assert.equal(matchesAny([`${folder}/${file}`], [`${folder}/${file}`]), true);
      assert.equal(matchesAny([`${folder}/**`], [`${folder}/${file}`]), true);
      assert.equal(matchesAny([`**/${file}`], [`${folder}/${file}`]), true);
      assert.equal(matchesAny([`**/${file}`], [file]), true);
      assert.equal(matchesAny([`${folder}/*`], [`${folder}/${file}`]), !file.includes("/"));
    }),
    tries(100),
  );
});

test("the last pattern that matches decides", () => {
  const pattern = fc.tuple(fc.constantFrom("", "!"), fc.constantFrom("**", "a/**", "a/*", "**/b", "a/b", "c", "*"));
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1 }),
      path,
      fc.constantFrom("a/b", "a/x/b", "c", "b"),
      (rows, any, one) => {
        for (const candidate of [any, one]) {
          let expected = false;
          for (const [negation, glob] of rows) if (compileFilter([glob]).matches(candidate)) expected = negation === "";
          assert.equal(compileFilter(rows.map((row) => row.join(""))).matches(candidate), expected);
        }
      },
    ),
    tries(100),
  );
});

/** The meaning of the pieces, written a second time and differently: tries every way to split the text. */
function matchesSlowly(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern.startsWith("**/")) {
    if (matchesSlowly(pattern.slice(3), text)) return true;
    return [...text].some((char, at) => char === "/" && at > 0 && matchesSlowly(pattern.slice(3), text.slice(at + 1)));
  }
  if (pattern.startsWith("**")) return splits(text).some((at) => matchesSlowly(pattern.slice(2), text.slice(at)));
  if (pattern.startsWith("*")) {
    return splits(text).some(
      (at) => !text.slice(0, at).includes("/") && matchesSlowly(pattern.slice(1), text.slice(at)),
    );
  }
  const first = pattern[0]!;
  const rest = pattern.slice(1);
  if (rest.startsWith("?")) {
    return matchesSlowly(rest.slice(1), text) || (text[0] === first && matchesSlowly(rest.slice(1), text.slice(1)));
  }
  if (rest.startsWith("+")) {
    if (text[0] !== first) return false;
    return matchesSlowly(rest.slice(1), text.slice(1)) || matchesSlowly(pattern, text.slice(1));
  }
  return text[0] === first && matchesSlowly(rest, text.slice(1));
}

function splits(text: string): number[] {
  return Array.from({ length: text.length + 1 }, (_, at) => at);
}

test("random patterns mean what a second reading of the rules says", () => {
  const piece = fc.constantFrom("a", "b", "/", "*", "/**/", "/**", "a?", "b+", ".");
  const pattern = fc
    .array(piece, { minLength: 1, maxLength: 6 })
    .map((pieces) => pieces.join("").replace(/\*{2,}/g, "**"))
    .filter((text) => patternProblem(text) === undefined && !/[^/]\*\*\//.test(text));
  const text = fc.stringMatching(/^[ab/.]{0,8}$/);
  fc.assert(
    fc.property(pattern, text, (glob, candidate) => {
      assert.equal(matchesAny([glob], [candidate]), matchesSlowly(glob, candidate), `${glob} on ${candidate}`);
    }),
    tries(3_000),
  );
});

test("no patterns let everything pass, even nothing; patterns need something that passes", () => {
  assert.equal(matchesAny([], []), true);
  assert.equal(matchesAny(["a"], []), false);
});

test("100,000 paths are matched against patterns that are read once", () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `services/s${index % 100}/src/file${index}.ts`);
  assert.equal(matchesAny(["infra/**", "!**/*.md", "web/**/*.tsx?"], many), false);
  assert.equal(matchesAny(["infra/**", "services/s99/**/file99999.ts"], many), true);
});
