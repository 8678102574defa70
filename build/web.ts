/**
 * Bundles the dashboard into `dist/web/`: one page, and under `assets/` files whose names say what is in them, so that a
 * browser may keep them for ever. No file holds a script or a style in its markup: the server's policy forbids both.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";

export async function buildWeb(root: string, out: string): Promise<void> {
  mkdirSync(`${out}/assets`, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { app: "src/web/main.tsx" },
    outdir: `${out}/assets`,
    publicPath: "/assets",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: ["chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".woff2": "file" },
    metafile: true,
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
  const made = Object.entries(metafile.outputs);
  const [, entry] = made.find(([, { entryPoint }]) => entryPoint === "src/web/main.tsx")!;
  const script = made.find(([, output]) => output === entry)![0];
  const sans = made.find(([name]) => /geist-latin-wght-normal-.*\.woff2$/.test(name))![0];
  const address = (file: string) => `/assets/${basename(file)}`;
  const page = readFileSync(`${root}/src/web/index.html`, "utf8")
    .replace("{script}", address(script))
    .replace("{style}", address(entry.cssBundle!))
    .replace("{sans}", address(sans));
  writeFileSync(`${out}/index.html`, page);
  copyFileSync(`${root}/src/web/theme.js`, `${out}/assets/theme.js`);
  copyFileSync(`${root}/src/web/icon.svg`, `${out}/assets/icon.svg`);
  // The licences of what is in it, as its authors ask.
  for (const name of [
    "preact",
    "@preact/signals",
    "anser",
    "@fontsource-variable/geist",
    "@fontsource-variable/geist-mono",
  ]) {
    copyFileSync(`${root}/node_modules/${name}/LICENSE`, `${out}/${name.replace(/.*\//, "")}.LICENSE`);
  }
}
