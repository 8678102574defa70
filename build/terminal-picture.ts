/**
 * Draws what a terminal shows at the end of a command as an SVG: `node build/terminal-picture.ts OUT COLUMNSxROWS COMMAND`.
 * The command really runs, in a real terminal (tmux); the picture is what was on its screen.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

interface Style {
  color: string;
  bold: boolean;
  dim: boolean;
  underline: boolean;
}

interface Run extends Style {
  column: number;
  text: string;
}

const foreground = "#d8dee9";
const background = "#1d2129";
/** The eight ANSI colours, then their bright forms. */
const palette = [
  ...["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9"],
  ...["#7f8796", "#ff7b86", "#b0dc8f", "#ffd58a", "#7cc3ff", "#dd93f3", "#6fd3df", "#ffffff"],
];
const cell = { width: 8.4, height: 19, margin: 16 };

const plain = (): Style => ({ color: foreground, bold: false, dim: false, underline: false });

function applySgr(style: Style, codes: number[]): Style {
  let next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) next = plain();
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 24) next.underline = false;
    else if (code === 39) next.color = foreground;
    else if (code >= 30 && code <= 37) next.color = palette[code - 30]!;
    else if (code >= 90 && code <= 97) next.color = palette[code - 82]!;
    else if (code === 38 && codes[i + 1] === 5) {
      next.color = palette[codes[i + 2]!] ?? foreground;
      i += 2;
    }
  }
  return next;
}

function parseLine(line: string): Run[] {
  const runs: Run[] = [];
  let style = plain();
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what we are looking for
  for (const piece of line.split(/(\x1b\[[0-9;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: see above
    const sgr = /^\x1b\[([0-9;]*)m$/.exec(piece);
    if (sgr) style = applySgr(style, (sgr[1] || "0").split(";").map(Number));
    else if (piece !== "") {
      runs.push({ ...style, column, text: piece });
      column += [...piece].length;
    }
  }
  return runs;
}

const escapeXml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function drawRun(run: Run, row: number): string {
  const x = (cell.margin + run.column * cell.width).toFixed(1);
  const y = cell.margin + row * cell.height + 14;
  const look = [
    `fill="${run.color}"`,
    run.bold ? 'font-weight="bold"' : "",
    run.dim ? 'opacity="0.6"' : "",
    run.underline ? 'text-decoration="underline"' : "",
  ];
  const length = ([...run.text].length * cell.width).toFixed(1);
  return `<text x="${x}" y="${y}" textLength="${length}" xml:space="preserve" ${look.filter(Boolean).join(" ")}>${escapeXml(run.text)}</text>`;
}

function draw(lines: string[], { columns, title }: { columns: number; title: string }): string {
  const width = Math.ceil(columns * cell.width + 2 * cell.margin);
  const height = lines.length * cell.height + 2 * cell.margin;
  const texts = lines.flatMap((line, row) => parseLine(line).map((run) => drawRun(run, row)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, DejaVu Sans Mono, monospace" font-size="14">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    ...texts,
    "</svg>\n",
  ].join("\n");
}

async function record(command: string, size: { columns: number; rows: number }): Promise<string[]> {
  const session = `picture-${process.pid}`;
  const tmux = (...args: string[]) => execFileSync("tmux", args, { encoding: "utf8" });
  tmux(
    "new-session",
    "-d",
    "-s",
    session,
    "-x",
    `${size.columns}`,
    "-y",
    `${size.rows}`,
    `${command}; tmux wait-for -S ${session}; read -r _`,
  );
  try {
    execFileSync("tmux", ["wait-for", session], { timeout: 300_000 });
    await delay(200);
    return tmux("capture-pane", "-e", "-p", "-S", "-200", "-t", session).trimEnd().split("\n");
  } finally {
    tmux("kill-session", "-t", session);
  }
}

const [out, size, ...command] = process.argv.slice(2);
const [columns, rows] = (size ?? "").split("x").map(Number);
if (out === undefined || !columns || !rows || command.length === 0) {
  process.stderr.write("usage: node build/terminal-picture.ts OUT.svg COLUMNSxROWS COMMAND…\n");
  process.exit(2);
}
const title = `What a terminal shows after: ${command.join(" ")}`;
writeFileSync(out, draw(await record(command.join(" "), { columns, rows }), { columns, title }));
