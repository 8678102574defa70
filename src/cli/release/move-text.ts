import type { MoveView } from "../../control/views/move.ts";
import type { RunView } from "../../control/views/run.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import { pipelineLines, valueText } from "./text.ts";

export const wordOf = ({ kind, release, to }: MoveView) =>
  kind === "promotion" ? `promote release ${release} to ${to}` : `go back to release ${release} in ${to}`;

/** What goes there and what stays, with what is new in it. */
export function moveLines(move: MoveView, out: Style): string[] {
  const { commit, here, pipelines, files, changes, takesBack, takenBackBy, apart, provenIn, to, release } = move;
  const { kind, irreversible, policies, undoes } = move;
  const there =
    here === undefined ? "where nothing is yet" : `where ${here.isPart ? "part of " : ""}release ${here.release} is`;
  const as = kind === "rollback" ? "as it was" : "as";
  const lines = [`${out.strong(wordOf(move))} ${out.faint(`(${commit.slice(0, 7)})`)}, ${there}`];
  for (const { pipeline, goes, why } of pipelines) {
    lines.push(`  ${goes ? out.active("goes ") : out.faint("stays")} ${pipeline}  ${out.faint(why)}`);
    const change = changes?.pipelines.find((one) => one.pipeline === pipeline);
    if (goes && change !== undefined) lines.push(...pipelineLines(change, out).slice(1));
    for (const file of files.filter((one) => one.pipeline === pipeline)) {
      lines.push(`    files ${file.artifact} ${out.faint(`${file.digest.slice(0, 19)}, ${as} in ${provenIn}`)}`);
    }
  }
  for (const { release: of, job } of undoes) lines.push(`  ${out.active("undoes")} release ${of} first: ${job}`);
  for (const { name, from, to: is } of changes?.settings ?? []) lines.push(`  ${valueText(name, from, is)}`);
  for (const { pipeline, other } of apart) {
    lines.push(
      `  ${out.warning("beware:")} ${pipeline} of release ${release} was not proven with the ${other} that is in ${to}`,
    );
  }
  if (policies.differ)
    lines.push(`  ${out.faint("who approves, and what follows a failure, as the definition says now")}`);
  if (policies.judgedBy === "release") {
    lines.push(
      `  ${out.warning("beware:")} the definition of now says nothing of ${to}: who approves is as in release ${release}`,
    );
  }
  for (const { release: of, job, does } of irreversible) {
    const isDone = kind === "rollback" ? "which this does not undo" : "which no rollback undoes";
    lines.push(`  ${out.warning("beware:")} ${job} of release ${of} ${does}, ${isDone}`);
  }
  if (takenBackBy !== undefined) {
    lines.push(`  ${out.warning("beware:")} release ${release} was taken back from ${to} by run ${takenBackBy}`);
  }
  if (takesBack.length > 0) lines.push(`  takes back release ${takesBack.join(", ")}`);
  return lines;
}

/** After a promotion or rollback that did not pass: of each pipeline, which version the environment has. */
export function whereLines({ to, release, here, pipelines, undoes }: MoveView, run: RunView, out: Style): string[] {
  const rows = pipelines.map(({ pipeline, goes }) => {
    const mine = run.jobs.filter(({ id }) => id.startsWith(`${pipeline}.`));
    const before = here === undefined ? "nothing" : "what was there before";
    if (!goes) return [pipeline, "stays as it was"];
    if (mine.every(({ status }) => status === "succeeded")) return [pipeline, out.good(`has release ${release}`)];
    const begun = mine.find(({ status, attempts }) => attempts > 0 && status !== "succeeded");
    const undone = mine.filter(({ id, status }) => status === "succeeded" && undoes.some(({ job }) => job === id));
    if (begun === undefined && undone.length > 0)
      return [pipeline, out.bad(`was undone by ${undone.at(-1)!.id}, and release ${release} is not there yet`)];
    if (begun === undefined) return [pipeline, `still has ${before}`];
    return [pipeline, out.bad(`may be half-way: ${begun.id} ${begun.status}`)];
  });
  return [`what ${to} has now:`, ...table(rows, "  ")];
}
