import { originOf } from "../../control/views/deployed.ts";
import type {
  PipelineDiffView,
  ReleaseDiffView,
  ReleaseLine,
  ReleasePlace,
  ReleasesView,
  ReleaseView,
  SideView,
  VisitLine,
} from "../../control/views/releases.ts";
import { ago } from "../terminal/duration.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";
import { shownValue } from "../terminal/value.ts";

interface Shown {
  out: Style;
  /** Milliseconds since the epoch. */
  now: number;
}

export function listLines({ releases }: ReleasesView, { out, now }: Shown): string[] {
  return table(
    releases.map((release) => [
      out.strong(`release ${release.release}`),
      out.faint(release.commit.slice(0, 7)),
      placesText(release, out),
      cut(`${release.snapshotOf === undefined ? "" : "uncommitted files on: "}${release.subject ?? ""}`, 48),
      out.faint([release.by, ago(now - release.at)].filter(Boolean).join(", ")),
    ]),
  );
}

/** `in dev, test; was in prod`; how the run ended where it came nowhere. */
function placesText({ environments, conclusion }: ReleaseLine, out: Style): string {
  const texts = places.flatMap(({ state, word, style }) => {
    const names = environments.filter((place) => place.state === state).map(({ environment }) => environment);
    return names.length === 0 ? [] : [out[style](`${word} ${names.join(", ")}`)];
  });
  return texts.length > 0 ? texts.join("; ") : out.faint(conclusion === "succeeded" ? "deployed nothing" : conclusion);
}

const places: readonly { state: ReleasePlace["state"]; word: string; style: keyof Style }[] = [
  { state: "here", word: "in", style: "good" },
  { state: "under-way", word: "on its way to", style: "active" },
  { state: "failed", word: "failed in", style: "bad" },
  { state: "taken-back", word: "taken back from", style: "warning" },
  { state: "passed", word: "was in", style: "faint" },
];

export function releaseLines(view: ReleaseView, { out, now }: Shown): string[] {
  const lines = [
    `${out.strong(`release ${view.release}`)}  ${view.delivery}  ${out.faint(commitText(view))}`,
    ...(view.subject === undefined ? [] : [`  ${view.subject}${view.author ? out.faint(` (${view.author})`) : ""}`]),
    `  made by run ${view.run}${view.by ? ` for ${view.by}` : ""} ${out.faint(ago(now - view.at))}${view.comment ? `: ${view.comment}` : ""}`,
    `  ${placesText(view, out)}`,
    `  ${view.proven.length === 0 ? "proven nowhere" : `proven in ${view.proven.join(", ")}`}`,
  ];
  if (view.visits.length > 0) {
    const rows = view.visits.map((visit) => visitRow(visit, { out, now }));
    lines.push("", out.strong("how it came there"), ...table(rows, "  "));
  }
  if (view.pipelines.length > 0) lines.push("", out.strong("what it holds"));
  for (const { pipeline, versions } of view.pipelines) lines.push(...versionLines(pipeline, versions, out));
  if (view.changes) lines.push("", ...diffLines(view.changes, { out, now }));
  return lines;
}

function commitText({ commit, branch, snapshotOf }: ReleaseLine): string {
  const head = snapshotOf === undefined ? "" : ` (head ${snapshotOf.slice(0, 7)} with uncommitted files)`;
  return `${commit.slice(0, 7) || "no commit"}${branch === "" ? "" : ` on ${branch}`}${head}`;
}

function visitRow({ environment, kind, run, by, at, outcome, comment, answers }: VisitLine, { out, now }: Shown) {
  const approvals = answers.map((one) => `${one.answer}${one.answer === "expired" ? "" : ` by ${one.by}`}`);
  const said = [comment, ...answers.map((one) => one.comment)].filter((text) => text !== undefined);
  return [
    environment,
    `${kind === "run" ? "run" : `${kind}, run`} ${run}`,
    outcomes[outcome](out),
    [by && `asked by ${by}`, ...approvals].filter(Boolean).join(", "),
    out.faint([ago(now - at), ...said.map((text) => `"${text}"`)].join("  ")),
  ];
}

const outcomes: Record<VisitLine["outcome"], (out: Style) => string> = {
  whole: (out) => out.good("passed"),
  part: (out) => out.bad("did not pass"),
  open: (out) => out.active("goes on"),
};

function versionLines(pipeline: string, versions: ReleaseView["pipelines"][number]["versions"], out: Style): string[] {
  const all = Object.entries(versions);
  const digests = new Map<string, Set<string>>();
  for (const [, { artifacts }] of all)
    for (const [name, { digest }] of Object.entries(artifacts)) {
      digests.set(name, (digests.get(name) ?? new Set()).add(digest));
    }
  const [first] = all;
  const release = new Set(all.map(([, version]) => originOf(version)));
  const lines = [
    `  ${pipeline}  ${out.faint(`release ${[...release].join(", ")}, commit ${first![1].commit.slice(0, 7)}`)}`,
  ];
  for (const [name, found] of digests) {
    const texts = [...found].map((digest) => digest.slice(0, 19));
    lines.push(
      `    ${name} ${out.faint(`artifact ${texts.join(", ")}${found.size > 1 ? " (made in each environment)" : ""}`)}`,
    );
  }
  for (const [environment, { outputs }] of all) {
    for (const [name, value] of Object.entries(outputs)) {
      lines.push(`    ${name} = ${shownValue(value)} ${out.faint(`in ${environment}`)}`);
    }
  }
  return lines;
}

export function diffLines(view: ReleaseDiffView, { out }: Shown): string[] {
  const { from, to, environment, pipelines, settings } = view;
  const where = environment === undefined ? "" : out.faint(` (as they are in ${environment})`);
  const lines = [`${out.strong(`from ${sideText(from)} to ${sideText(to)}`)}${where}`];
  for (const pipeline of pipelines) {
    lines.push(...pipelineLines(pipeline, out));
    for (const { job, does } of pipeline.irreversible ?? [])
      lines.push(`    ${out.warning("beware:")} ${job} ${does}, which no rollback undoes`);
  }
  for (const { name, from: was, to: is } of settings) lines.push(`  ${valueText(name, was, is)}`);
  return lines;
}

export function sideText({ release, environment, isPart }: SideView): string {
  if (environment === undefined) return `release ${release}`;
  return `${environment} (${isPart ? "part of " : ""}release ${release})`;
}

const changeWords: Record<PipelineDiffView["change"], string> = {
  same: "stays as it is",
  changed: "changes",
  new: "is new",
  gone: "is no part of it any more",
};

/** What changes of one pipeline, its commits first. */
export function pipelineLines(change: PipelineDiffView, out: Style): string[] {
  const { pipeline, commits, without, definition, artifacts, outputs } = change;
  if (change.change === "same") return [`  ${pipeline}  ${out.faint(changeWords.same)}`];
  const unknown = change.change === "changed" && commits === undefined;
  return [
    `  ${pipeline}  ${changeWords[change.change]}${unknown ? out.faint(" (git does not know both commits)") : ""}`,
    ...(commits ?? []).map((one) => `    ${out.good("+")} ${commitLine(one, out)}`),
    ...(without ?? []).map((one) => `    ${out.bad("-")} ${commitLine(one, out)}`),
    ...(definition === undefined ? [] : [`    definition: ${definition}`]),
    ...artifacts.map(({ name, from, to }) => `    ${valueText(`files ${name}`, from?.slice(0, 19), to?.slice(0, 19))}`),
    ...outputs.map(({ name, from, to }) => `    ${valueText(`output ${name}`, from, to)}`),
  ];
}

function commitLine({ commit, subject, author }: NonNullable<PipelineDiffView["commits"]>[number], out: Style): string {
  return `${out.faint(commit.slice(0, 7))} ${cut(subject, 72)} ${out.faint(`(${author})`)}`;
}

export function valueText(name: string, from: string | undefined, to: string | undefined): string {
  if (from === undefined) return `${name} = ${shownValue(to ?? "")} (new)`;
  if (to === undefined) return `${name} is gone (was ${shownValue(from)})`;
  return `${name}: ${shownValue(from)} → ${shownValue(to)}`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}
