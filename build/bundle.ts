import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type Metafile, type Plugin, transform } from "esbuild";

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
  github: [
    "src/platforms/github/read/repository.ts",
    "src/platforms/github/facts/github-facts.ts",
    "src/platforms/github/simulate/platform.ts",
    "src/platforms/github/read/default-branch.ts",
  ],
  codepipeline: [
    "src/platforms/codepipeline/read/repository.ts",
    "src/platforms/codepipeline/facts/codepipeline-facts.ts",
    "src/platforms/codepipeline/simulate/platform.ts",
  ],
};

type Pack = keyof typeof packs;

/** Names stay as they are written: whoever reports a mistake of ours reports a stack. */
const common = {
  platform: "node",
  target: "node24",
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
} as const;

/**
 * Bundles into the folder `dist`: `cli.cjs` for the command, `index.cjs` for definitions, what these load, and `index.js`, which is
 * `index.cjs` for programs that import it. CommonJS, because Node loads it in half the time. esbuild splits only modules, so it
 * is asked twice: what belongs together, then for each pack to make one scope of it. Returns the sources, below `root`.
 */
export async function bundle(root: string, dist: string): Promise<string[]> {
  const { outputFiles, metafile } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: { cli: "src/cli/main.ts", index: "src/index.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    write: false,
    bundle: true,
    splitting: true,
    // Installed beside, and loaded by whoever sends mail, signs in with a provider, speaks to a database or tells AWS.
    external: ["nodemailer", "openid-client", "pg", "@aws-sdk/client-sns", "@aws-sdk/client-eventbridge"],
    format: "esm",
    metafile: true,
    loader: { ".sql": "text" },
  });
  const split: Split = {
    texts: new Map(outputFiles.map(({ path, text }) => [basename(path), text])),
    packOf: packed(metafile),
  };
  const names = Object.keys(packs) as Pack[];
  const alone = [...split.texts.keys()].filter((name) => !split.packOf.has(name));
  const [packTexts, aloneTexts] = await Promise.all([
    Promise.all(names.map((name) => packText(name, split))),
    Promise.all(alone.map((name) => fileText(name, split))),
  ]);
  const identity = hash("sha256", packTexts.join("\n"));
  const loader = await readFile(join(root, "build/packs.cjs"), "utf8");
  const { exports } = metafile.outputs["dist/index.cjs"]!;
  const files = {
    ...Object.fromEntries(alone.map((name, at) => [name, aloneTexts[at]!])),
    ...Object.fromEntries(names.map((name, at) => [`${name}.pack.js`, packTexts[at]!])),
    "packs.cjs": loader.replace("PACKS", JSON.stringify({ names, identity })),
    "cli.cjs": 'require("./packs.cjs").cli("cli.cjs");\n',
    // The end tells Node what a module may import from it.
    "index.cjs": `const api = require("./packs.cjs").run("index.cjs");
module.exports = api;
0 && (module.exports = { ${exports.join(", ")} });
`,
    "index.js": `import api from "./index.cjs";\nexport const { ${exports.join(", ")} } = api;\n`,
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(dist, name), text)));
  return [...Object.keys(metafile.inputs), "build/packs.cjs"];
}

/** What esbuild has made of the sources: modules, and which of them are in which pack; by their names. */
interface Split {
  texts: ReadonlyMap<string, string>;
  packOf: ReadonlyMap<string, Pack>;
}

function packed({ outputs }: Metafile): Map<string, Pack> {
  const found = new Map<string, Pack>();
  const add = (path: string, pack: Pack) => {
    if (found.has(basename(path))) return;
    found.set(basename(path), pack);
    for (const { path: next, kind, external } of outputs[path]!.imports)
      if (kind === "import-statement" && !external) add(next, pack);
  };
  for (const [pack, sources] of Object.entries(packs)) {
    for (const source of sources) {
      const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
      if (path === undefined) throw new Error(`nothing loads ${source} by itself: see the packs in build/bundle.ts`);
      add(path, pack as Pack);
    }
  }
  return found;
}

/** An expression for build/packs.cjs: a function that gives what each part of the pack exports, by its name. */
async function packText(pack: Pack, { texts, packOf }: Split): Promise<string> {
  const parts = [...texts.keys()].filter((name) => packOf.get(name) === pack);
  const imports = parts.map((name, at) => (name === "cli.cjs" ? "" : `import * as part${at} from "./${name}";`));
  // All of a pack is carried out when it is loaded, but for what starts a command.
  const map = parts.map((name, at) =>
    name === "cli.cjs" ? `get "${name}"() { return import("./${name}"); }` : `"${name}": part${at}`,
  );
  const fromMemory: Plugin = {
    name: "from memory",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/[\w-]+\.cjs$/ }, ({ path, kind }) => {
        const name = basename(path);
        if (name === "packs.cjs" || !packOf.has(name)) return { path, external: true };
        if (packOf.get(name) === pack) return { path: name, namespace: "part" };
        return kind === "dynamic-import" ? { path, external: true } : { path: name, namespace: "elsewhere" };
      });
      onLoad({ filter: /./, namespace: "part" }, ({ path }) => ({ contents: texts.get(path)! }));
      onLoad({ filter: /./, namespace: "elsewhere" }, ({ path }) => ({
        contents: `module.exports = ${required(path, packOf)};`,
      }));
    },
  };
  const { outputFiles } = await build({
    ...common,
    stdin: { contents: [...imports, `export const parts = { ${map.join(", ")} };`].join("\n") },
    write: false,
    bundle: true,
    format: "cjs",
    plugins: [fromMemory],
    ...moduleUrl,
  });
  const text = linked(outputFiles[0]!.text, packOf);
  return `(function(require,__filename){const module={exports:{}};${text};return module.exports.parts;})\n`;
}

async function fileText(name: string, { texts, packOf }: Split): Promise<string> {
  const { code } = await transform(texts.get(name)!, { ...common, format: "cjs", ...moduleUrl });
  return linked(code, packOf);
}

const moduleUrl = { define: { "import.meta.url": "moduleUrl" } };

/** With the places of packed parts in the place of their names. */
function linked(text: string, packOf: Split["packOf"]): string {
  const url = 'const moduleUrl=require("node:url").pathToFileURL(__filename).href;';
  const code = text
    .replaceAll(/\brequire\("\.\/([\w-]+\.cjs)"\)/g, (_, name) => required(name, packOf))
    .replaceAll(
      /\bimport\("\.\/([\w-]+\.cjs)"\)/g,
      (_, name) => `Promise.resolve().then(()=>${required(name, packOf)})`,
    );
  return code.includes("moduleUrl") ? url + code : code;
}

function required(name: string, packOf: Split["packOf"]): string {
  const pack = packOf.get(name);
  return pack === undefined ? `require("./${name}")` : `require("./packs.cjs").${pack}("${name}")`;
}
