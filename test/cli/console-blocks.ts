/** One `$ command` of a console block, and what it printed. */
export interface ConsoleCall {
  command: string;
  output: string;
}

/** The calls of every ```console block of a page, in order. */
export function consoleCalls(page: string): ConsoleCall[] {
  const calls: ConsoleCall[] = [];
  for (const [, body] of page.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    for (const line of body!.trimEnd().split("\n")) {
      if (line.startsWith("$ ")) calls.push({ command: line.slice(2), output: "" });
      else calls.at(-1)!.output += `${line}\n`;
    }
  }
  return calls;
}

/** Files that a page shows with a title: ```ts title="baton.config.ts". */
export function titledFiles(page: string): Record<string, string> {
  const found = page.matchAll(/^```\w+ title="([^"]+)"\n([\s\S]*?)^```$/gm);
  return Object.fromEntries(Array.from(found, ([, title, text]) => [title!, text!]));
}

/** The page with what its calls printed replaced, in order. */
export function withOutputs(page: string, outputs: readonly string[]): string {
  let at = 0;
  return page.replace(/^```console\n([\s\S]*?)^```$/gm, (_, body: string) => {
    const commands = body.split("\n").filter((line) => line.startsWith("$ "));
    return `\`\`\`console\n${commands.map((line) => `${line}\n${outputs[at++]}`).join("")}\`\`\``;
  });
}

/** Takes out what differs from run to run: times, durations, commits, versionsand sizes. */
export function normalised(text: string): string {
  return text
    .replace(/\b20[0-8]\d-\d\d-\d\d \d\d:\d\d\b/g, "DAY")
    .replace(/\d\d:\d\d:\d\d/g, "TIME")
    .replace(/<?\b\d+(\.\d)?s\b|\b\d+m \d\ds\b/g, "TOOK")
    .replace(/\b[0-9a-f]{7,40}\b|sha256:[0-9a-f]+/g, "ID")
    .replace(/(just now|\d+ \w+ ago)/g, "WHEN")
    .replace(/\b\d+\.\d+ GiB/g, "SIZE")
    .replace(/^(ok {4}(?:node|git|bash|sh|aws)): .*$/gm, "$1")
    .replace(/critical path.*(?:\n {17}.*)*/g, "critical path")
    .replace(/ +$/gm, "")
    .replace(/[ ]{2,}/g, "  ");
}
