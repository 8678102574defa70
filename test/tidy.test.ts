import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readLayout } from "./tidy/layout.ts";
import { banned, emptyNames, impure, impureFiles, maxLines, mostFoldersOfAType, reserved } from "./tidy/rules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = "docs/architecture.md";
const layout = readLayout(readFileSync(join(root, page), "utf8"));
const folders = [...layout.folders.keys()].sort((a, b) => b.length - a.length);

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));
const sources = tracked.filter((file) => /^src\/.*\.tsx?$/.test(file));
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** `src/platforms/github/read/x.ts` -> `platforms/github`. */
function folderOf(file: string): string | undefined {
  const inside = relative("src", file);
  return folders.find((folder) => inside.startsWith(`${folder}/`));
}

/** Every relative import of a file, resolved, with its line. */
function importsOf(file: string): { target: string; line: number }[] {
  return read(file)
    .split("\n")
    .flatMap((text, i) =>
      [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map((match) => ({
        target: relative(root, resolve(root, dirname(file), match[1]!)),
        line: i + 1,
      })),
    );
}

/** Places where a pattern occurs, as `file:line remedy`. */
function occurrences(files: string[], rules: typeof banned): string[] {
  return files.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((text, i) =>
        rules
          .filter(({ pattern }) => pattern.test(text))
          .map(({ pattern, remedy }) => `${file}:${i + 1} ${pattern}: ${remedy}`),
      ),
  );
}

test("every source file stands in a folder of the layout", () => {
  const strays = sources.filter((file) => folderOf(file) === undefined && file !== "src/index.ts");
  assert.deepEqual(strays, [], `move them into a folder of the table in ${page}, or add the folder there`);
});

test("a platform is named in one place: the list", () => {
  const platformOf = (path: string) => /^src\/platforms\/([^/]+)\//.exec(path)?.[1];
  const list = "src/platforms/platforms.ts";
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => platformOf(target) !== undefined && platformOf(target) !== platformOf(file))
      .map(({ line }) => `${file}:${line}`),
  );
  assert.ok(
    wrong.some((place) => place.startsWith(list)),
    `${list} is somewhere else by now`,
  );
  assert.deepEqual(
    wrong.filter((place) => !place.startsWith(list)),
    [],
    "ask the port, src/platforms/platform.ts: what is missing there goes there",
  );
});

test("the table of the layout is read whole, and a wrong one is refused", () => {
  const table = (...rows: string[]) =>
    ["| folder | may import | pure |", "|---|---|---|", ...rows, "", "text"].join("\n");
  const { folders, pure } = readLayout(table("| everybody | `a` | |", "| `a` | | yes |", "| `b`, `c/d` | `a` | `x` |"));
  assert.deepEqual([...folders.keys()], ["a", "b", "c/d"]);
  assert.deepEqual(folders.get("b")?.mayImport, ["a", "a"]);
  assert.deepEqual(pure, ["a", "b/x", "c/d/x"]);
  assert.throws(() => readLayout(table("| `a` | `nowhere` | |")), /nowhere, which has no row/);
  assert.throws(() => readLayout(table("| `a` | | |", "| `a` | | |")), /two rows for a/);
  assert.throws(() => readLayout("| folder | imports |"), /no table/);
});

test("folders import only what the layout allows", () => {
  const wrong = sources.flatMap((file) => {
    const from = folderOf(file);
    if (from === undefined) return [];
    return importsOf(file).flatMap(({ target, line }) => {
      const to = folderOf(target);
      if (to === from) return [];
      if (to === undefined && target.startsWith("node_modules/")) return [];
      if (to === undefined) return [`${file}:${line} imports ${target}, which is outside src/`];
      return layout.folders.get(from)!.mayImport.includes(to)
        ? []
        : [`${file}:${line} ${from} must not import ${to} (${page}): move what they share to a folder both may import`];
    });
  });
  assert.deepEqual(wrong, []);
});

test("no two files import each other in a circle", () => {
  const graph = new Map(sources.map((file) => [file, importsOf(file).map(({ target }) => target)]));
  const done = new Set<string>();
  const circles: string[] = [];
  function visit(file: string, path: string[]): void {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  }
  for (const file of sources) visit(file, []);
  assert.deepEqual(circles, [], "move what both need into a third file");
});

test("pure folders stay pure", () => {
  const pure = sources.filter((file) => layout.pure.some((folder) => file.startsWith(`src/${folder}/`)));
  const isExempt = (file: string) => Object.hasOwn(impureFiles, file);
  assert.deepEqual(
    occurrences(
      pure.filter((file) => !isExempt(file)),
      impure,
    ),
    [],
  );
  const stale = Object.keys(impureFiles).filter(
    (file) => !pure.includes(file) || occurrences([file], impure).length === 0,
  );
  assert.deepEqual(stale, [], "these are pure by now: take them out of test/tidy/rules.ts");
});

test("the journal has one writer, and this machine one host", () => {
  const wrong = reserved.flatMap(({ pattern, in: allowed, remedy }) => {
    const places = occurrences(sources, [{ pattern, remedy }]);
    assert.ok(places.length > 0, `${pattern} is nowhere: what it guards is called otherwise by now`);
    return places.filter((place) => !allowed.some((prefix) => place.startsWith(prefix)));
  });
  assert.deepEqual(wrong, []);
});

test("one type name means one thing", () => {
  const folders = new Map<string, Set<string>>();
  for (const file of sources) {
    for (const [, name] of read(file).matchAll(/^export (?:abstract )?(?:interface|type|class) (\w+)/gm)) {
      folders.set(name!, (folders.get(name!) ?? new Set()).add(folderOf(file) ?? file));
    }
  }
  const overloaded = [...folders].filter(([, where]) => where.size > mostFoldersOfAType);
  assert.ok(folders.size > 100);
  assert.deepEqual(
    overloaded.map(([name, where]) => `${name}: ${[...where].join(", ")}`),
    [],
    "say in the name what each of them is",
  );
});

test("nothing is left behind in the sources", () => {
  const code = tracked.filter(
    (file) =>
      /^(src|test|bench|build|bin|web|examples)\/.*\.(ts|tsx|mjs|js)$/.test(file) && !file.startsWith("test/tidy"),
  );
  assert.deepEqual(occurrences(code, banned), []);
});

test("files stay small enough to be one idea", () => {
  const long = sources
    .map((file) => ({ file, lines: read(file).split("\n").length }))
    .filter(({ lines }) => lines > maxLines);
  assert.deepEqual(long, [], "split by idea; a data table goes into a file of its own");
});

test("file names say what is inside", () => {
  const named = sources.filter(
    (file) =>
      emptyNames.test(basename(file).replace(/\.tsx?$/, "")) || !/^[a-z0-9-]+(\.[a-z-]+)*\.tsx?$/.test(basename(file)),
  );
  assert.deepEqual(named, [], "kebab-case nouns of what the file holds");
});

test("the repository names no machine", () => {
  const text = tracked.filter((file) => !/\.(png|ico|woff2?|db)$/.test(file));
  const paths = occurrences(
    text.filter((file) => !file.startsWith("test/tidy")),
    [
      {
        pattern: /(?<![\w.$}])\/(root|work|home\/[a-z]+)\/(?!\w*\$|\.)/,
        remedy: "use a path relative to the file, or one found at run time",
      },
      { pattern: /"resolved": "[a-z+]+:/, remedy: "remove the download address from the lock file" },
    ],
  );
  assert.deepEqual(paths, []);
});

test("only the engine and the store write to the journal", () => {
  const elsewhere = sources.filter((file) => !["engine", "store"].includes(folderOf(file) ?? ""));
  const writes = occurrences(elsewhere, [
    {
      pattern: /\b(store|journal|writer)\.(append|turn)\(/i,
      remedy: "ask the engine: it decides and records in one turn",
    },
  ]);
  assert.deepEqual(writes, []);
});

test("only the local host makes a store, a runner or an engine, and an agent those of its own machine", () => {
  const elsewhere = sources.filter((file) => !/^src\/(engine|store|runner|control\/local|agent)\//.test(file));
  const made = occurrences(elsewhere, [
    { pattern: /\b(openStore|createRunner|openEngine)\(|new ArtifactStore\(/, remedy: "move it to src/control/local" },
  ]);
  assert.deepEqual(made, []);
  const ofAgents = occurrences(
    sources.filter((file) => file.startsWith("src/agent/")),
    [{ pattern: /\b(openStore|openEngine)\(/, remedy: "an agent never sees the journal" }],
  );
  assert.deepEqual(ofAgents, []);
});
