import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type Metafile, transform } from "esbuild";

/**
 * What is loaded together lies in one file, as loading one takes less time than loading twenty. Each has all that these modules
 * load at once and that no file before it has.
 */
const packs = {
  cli: ["src/cli/main.ts", "src/cli/program.ts"],
  run: ["src/cli/commands/run.ts", "src/control/verbs/plan.ts", "src/index.ts"],
  drive: ["src/cli/live/watch-run.ts", "src/control/verbs/run.ts"],
  check: [
    "src/cli/commands/check.ts",
    "src/control/local/check-repository.ts",
    "src/check/rules.ts",
    "src/findings/print/text.ts",
  ],
};

/**
 * Bundles into `dist/`: `cli.cjs` for the command, `index.cjs` for definitions, what these load, and `index.js`, which is
 * `index.cjs` for programs that import it. CommonJS, because Node loads it in half the time; esbuild splits only modules, so
 * each file is one before. Returns the sources of all of it, below `root`.
 */
export async function bundle(root: string): Promise<string[]> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { cli: "src/cli/main.ts", index: "src/index.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    metafile: true,
    minify: true,
    keepNames: true,
    legalComments: "none",
    logLevel: "warning",
    loader: { ".sql": "text" },
  });
  const packOf = packed(metafile);
  const texts = new Map<string, string>();
  await Promise.all(
    outputFiles.map(async ({ path, text }) => void texts.set(basename(path), await commonJs(text, packOf))),
  );
  const names = Object.keys(packs);
  const packTexts = names.map((pack) => packText([...texts].filter(([name]) => packOf.get(name) === pack)));
  const identity = hash("sha256", packTexts.join("\n"));
  const { exports } = metafile.outputs["dist/index.cjs"]!;
  const files = {
    ...Object.fromEntries([...texts].filter(([name]) => !packOf.has(name))),
    ...Object.fromEntries(names.map((name, at) => [`${name}.pack.js`, packTexts[at]!])),
    "packs.cjs": (await readFile(join(root, "build/packs.cjs"), "utf8")).replace(
      "PACKS",
      JSON.stringify({ names, identity }),
    ),
    "cli.cjs": 'require("./packs.cjs").cli("cli.cjs");\n',
    // The end tells Node what a module may import from it.
    "index.cjs": `const api = require("./packs.cjs").run("index.cjs");
module.exports = api;
0 && (module.exports = { ${exports.join(", ")} });
`,
    "index.js": `import api from "./index.cjs";\nexport const { ${exports.join(", ")} } = api;\n`,
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(root, "dist", name), text)));
  return [...Object.keys(metafile.inputs), "build/packs.cjs"];
}

/** An expression: a function that gives each of its parts, which is carried out when it is first asked for. */
function packText(texts: [name: string, text: string][]): string {
  const parts = texts.map(([name, text]) => `${JSON.stringify(name)}(module,exports,__filename){${text}}`);
  return `((require,folder)=>{
const parts={${parts.join(",\n")}};
const made={};
return (name)=>{
if(made[name]===undefined){const module=made[name]={exports:{}};parts[name](module,module.exports,folder+"/"+name);}
return made[name].exports;
};
})
`;
}

/** Which of esbuild's files is in which pack, by its name. */
function packed({ outputs }: Metafile): Map<string, string> {
  const found = new Map<string, string>();
  const add = (path: string, pack: string) => {
    if (found.has(basename(path))) return;
    found.set(basename(path), pack);
    for (const { path: next, kind, external } of outputs[path]!.imports)
      if (kind === "import-statement" && !external) add(next, pack);
  };
  for (const [pack, sources] of Object.entries(packs)) {
    for (const source of sources) {
      const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
      if (path === undefined) throw new Error(`nothing loads ${source} by itself: see the packs in build/bundle.ts`);
      add(path, pack);
    }
  }
  return found;
}

async function commonJs(text: string, packOf: ReadonlyMap<string, string>): Promise<string> {
  const { code } = await transform(text, {
    format: "cjs",
    platform: "node",
    target: "node24",
    minify: true,
    define: { "import.meta.url": "__moduleUrl" },
    logLevel: "warning",
  });
  const url = 'const __moduleUrl=require("node:url").pathToFileURL(__filename).href;';
  const required = (quoted: string) => {
    const name = basename(JSON.parse(quoted));
    return packOf.has(name)
      ? `require("./packs.cjs").${packOf.get(name)}(${JSON.stringify(name)})`
      : `require(${quoted})`;
  };
  const linked = code
    .replaceAll(/\brequire\(("\.\/[\w-]+\.cjs")\)/g, (_, quoted) => required(quoted))
    .replaceAll(/\bimport\(("\.\/[\w-]+\.cjs")\)/g, (_, quoted) => `Promise.resolve().then(()=>${required(quoted)})`);
  return linked.includes("__moduleUrl") ? url + linked : linked;
}
