import type { PipelineDiffView, ReleaseDiffView, ReleaseView } from "../../control/views/releases.ts";
import { sideText } from "./text.ts";

/** Release notes, to be pasted where Markdown is read: of one release since the one before it, or of what is between two. */
export function releaseMarkdown(view: ReleaseView | ReleaseDiffView): string[] {
  if ("pipelines" in view && "from" in view)
    return [`# From ${sideText(view.from)} to ${sideText(view.to)}`, ...changes(view)];
  const { release, commit, subject, by, proven, delivery, changes: since } = view;
  const lines = [
    `# ${escaped(delivery)}, release ${release}`,
    "",
    ...(subject === undefined ? [] : [`${escaped(subject)} (\`${commit.slice(0, 7)}\`)`, ""]),
    `- proven in: ${proven.length === 0 ? "no environment" : proven.join(", ")}`,
    ...(by === undefined ? [] : [`- asked for by: ${escaped(by)}`]),
    `- made by run: ${view.run}, ${new Date(view.at).toISOString().slice(0, 16).replace("T", " ")} UTC`,
  ];
  if (since === undefined) return [...lines, "", "There is no release before it to compare with."];
  return [...lines, `- since: release ${since.from.release}`, ...changes(since)];
}

function changes({ pipelines, settings }: ReleaseDiffView): string[] {
  const same = pipelines.filter(({ change }) => change === "same").map(({ pipeline }) => pipeline);
  return [
    ...pipelines.flatMap((pipeline) => (pipeline.change === "same" ? [] : ["", ...pipelineLines(pipeline)])),
    ...(settings.length === 0 ? [] : ["", "## Configuration", "", ...settings.map(valueLine)]),
    ...(same.length === 0 ? [] : ["", `Unchanged: ${same.join(", ")}.`]),
  ];
}

function pipelineLines({
  pipeline,
  change,
  commits,
  without,
  definition,
  irreversible = [],
  artifacts,
  outputs,
}: PipelineDiffView): string[] {
  const note = change === "new" ? " (new)" : change === "gone" ? " (no part of it any more)" : "";
  return [
    `## ${pipeline}${note}`,
    "",
    ...(change === "changed" && commits === undefined ? ["- git does not know both commits"] : []),
    ...(commits ?? []).map(commitLine),
    ...(without ?? []).map((one) => `${commitLine(one)} **taken back**`),
    ...(definition === undefined ? [] : [`- definition: ${escaped(definition)}`]),
    ...irreversible.map(({ job, does }) => `- **no rollback undoes**: ${escaped(job)} ${escaped(does)}`),
    ...artifacts.map(({ name, from, to }) => valueLine({ name: `files ${name}`, from: short(from), to: short(to) })),
    ...outputs.map(({ name, ...values }) => valueLine({ name: `output ${name}`, ...values })),
  ];
}

const short = (digest: string | undefined) => digest?.slice(0, 19);

function commitLine({ commit, subject, author }: NonNullable<PipelineDiffView["commits"]>[number]): string {
  return `- \`${commit.slice(0, 7)}\` ${escaped(subject)} (${escaped(author)})`;
}

function valueLine({ name, from, to }: { name: string; from?: string | undefined; to?: string | undefined }): string {
  if (from === undefined) return `- ${name}: ${code(to ?? "")} (new)`;
  return `- ${name}: ${code(from)} → ${to === undefined ? "gone" : code(to)}`;
}

/** A fence longer than any run of backticks inside. */
function code(text: string): string {
  const line = text.replace(/\s+/g, " ");
  const longest = Math.max(0, ...Array.from(line.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}

/** Somebody's words stay words. */
export function escaped(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");
}
