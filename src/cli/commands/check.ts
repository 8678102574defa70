import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { CheckedRepository } from "../../control/local/check-repository.ts";
import { count } from "../../findings/count.ts";
import type { Finding, Severity } from "../../findings/finding.ts";
import { atLeast, sortFindings } from "../../findings/finding.ts";
import type { Report } from "../../findings/print/report.ts";
import { isGenerated } from "../../platforms/generated.ts";
import type { ReadRepository } from "../../platforms/read-repository.ts";
import { type CheckedDefinition, checkDefinitionAt, definitionAt } from "../check-definition.ts";
import type { CommandModule } from "../command.ts";
import { type ExitCode, exitCodes, UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { version } from "../version.ts";
import { examples, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  jsonOption(command)
    .argument("[PATH]", "a repository, or one file with a workflow, a CodePipeline or a definition", ".")
    .description(
      "Find races and broken hand-offs between the workflows and pipelines of a repository. Reads files only: no network, no token.",
    )
    .option("--format <FORMAT>", "text, json, sarif or github (annotations)", "text")
    .option("--severity <SEVERITY>", "report only this and worse: error, warning or note", "note")
    .option("--fix", "apply the edits of findings that have one")
    .option("--baseline <FILE>", "report only what is not in this file")
    .option("--update-baseline", "write what is found now into the file of --baseline")
    .option("--sarif <FILE>", "write SARIF into this file besides")
    .option("--default-branch <NAME>", "where no clone tells it")
    .option("--history <FILE>", "runs that were exported: how often did it happen (may be given again)", collect)
    .option("--explain <RULE>", "what a rule looks for, and why");
  examples(command, [
    ["baton check", "the repository you are in"],
    ["baton check --severity error", "only what is certain to hurt"],
    ["baton check --fix", "repair what is safe to repair"],
    ["baton check --format sarif > baton.sarif", "for code scanning"],
    ["baton check --history runs.json", "how often each finding happened in these runs"],
    ["baton check --explain any-not-all", "about one rule"],
  ]);
};

interface Options {
  format: string;
  json?: true;
  severity: string;
  fix?: true;
  baseline?: string;
  updateBaseline?: true;
  sarif?: string;
  defaultBranch?: string;
  explain?: string;
  history?: string[];
}

function collect(file: string, before: string[] = []): string[] {
  return [...before, file];
}

const formats = ["text", "json", "sarif", "github"] as const;
type Format = (typeof formats)[number];
const severities: readonly Severity[] = ["error", "warning", "note"];

/** What makes an app of the CDK into something that can be read. Undefined where there is none. */
function appAt(path: string, given: string): string | undefined {
  if (existsSync(join(path, "cdk.json")))
    return `\`cdk synth\` in the folder of cdk.json, then baton check ${join(given, "cdk.out")}`;
  const app = ["app.ts", "codepipeline/app.ts"].find((file) => existsSync(join(path, file)));
  return app && `npx cdk synth --quiet --app 'node ${join(given, app)}' --output cdk.out, then baton check cdk.out`;
}

export const run: CommandModule["run"] = async ({ terminal, args, options: given }) => {
  const options = given as unknown as Options;
  if (options.explain !== undefined) return await explain(options.explain, terminal);
  const format = oneOf("--format", options.json ? "json" : options.format, formats);
  const severity = oneOf("--severity", options.severity, severities);
  const path = resolve(terminal.cwd, args[0] ?? ".");
  if (!existsSync(path)) {
    throw new UsageError(`${args[0]}: there is no such file or folder`, { next: "baton check PATH" });
  }
  const checked = await checkPath(path, options, terminal);
  const { report: read } = checked;
  if (read.files + (read.pipelines ?? 0) + (read.definitions ?? 0) === 0) {
    // What an app of the CDK makes is read, not the program that makes it.
    throw new UsageError(`${args[0] ?? path}: there are no workflows (.github/workflows/*.yml) and no CodePipelines`, {
      next: appAt(path, args[0] ?? ".") ?? "baton check PATH of a repository that has some",
    });
  }
  if (options.updateBaseline) await updateBaseline(checked, options, terminal);
  let report = await accepted(checked, severity, options, terminal);
  if (options.history) report = { ...report, history: await historyOf(checked, options.history, terminal) };
  if (options.fix) report = await repair(report, checked.repository, { options, severity, terminal });
  if (options.sarif !== undefined) await writeSarif(report, resolve(terminal.cwd, options.sarif));
  return await show(report, { format, terminal, repository: checked.repository, baseline: options.baseline });
};

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((each) => each === value);
  if (!found) throw new UsageError(`${option} ${value}: it is one of ${known.join(", ")}`);
  return found;
}

type Repository = Pick<ReadRepository, "root" | "focus" | "editable">;

interface Checked {
  readonly repository: Repository;
  readonly report: Report;
  /** What was read and carried out, for whoever asks more about it. */
  readonly carried?: Pick<CheckedRepository, "repository" | "replayed">;
}

async function checkPath(path: string, options: Pick<Options, "defaultBranch">, terminal: Terminal): Promise<Checked> {
  const found = definitionAt(path);
  const definition = found && (await checkDefinitionAt(found, terminal));
  if (found?.isNamed && definition) return await alone(found.file, definition);
  const checked = await repositoryAt(path, options);
  return definition ? withDefinition(checked, definition) : checked;
}

/** A definition that was named, without the repository around it. */
async function alone(file: string, definition: CheckedDefinition): Promise<Checked> {
  const { definitionRules } = await import("../../check/definition.ts");
  const repository = { root: dirname(file), focus: undefined, editable: new Map() };
  const report = { findings: [], sources: new Map(), files: 0, rules: definitionRules.length, suppressed: 0 };
  return withDefinition({ repository, report }, definition);
}

function withDefinition({ report, ...checked }: Checked, { findings, source }: CheckedDefinition): Checked {
  const sources = new Map([...report.sources, [source.path, source]]);
  const all = sortFindings([...report.findings, ...findings]);
  return { ...checked, report: { ...report, findings: all, sources, definitions: 1 } };
}

async function repositoryAt(path: string, given: Pick<Options, "defaultBranch">): Promise<Checked> {
  const [{ checkRepository }, { rules }] = await Promise.all([
    import("../../control/local/check-repository.ts"),
    import("../../check/rules.ts"),
  ]);
  const carried = await checkRepository(path, given);
  const { repository, findings, suppressed } = carried;
  const { sources, workflows: files, pipelines } = repository;
  return { repository, report: { findings, sources, files, pipelines, rules: rules.length, suppressed }, carried };
}

const updating = (baseline = "FILE") => `baton check --baseline ${baseline} --update-baseline`;

/** Accepts all that is found now. */
async function updateBaseline({ report, repository }: Checked, options: Options, terminal: Terminal): Promise<void> {
  const { baseline, fix } = options;
  const refuse = (reason: string, next: string): never => {
    throw new UsageError(`--update-baseline: ${reason}`, { next });
  };
  if (baseline === undefined) return refuse("which file?", updating());
  if (fix) return refuse("what is repaired need not be known", "baton check --fix  first");
  if (repository.focus !== undefined)
    return refuse(`what is found elsewhere than in ${repository.focus} would be lost`, updating(baseline));
  const { writeBaseline } = await import("../../check/baseline.ts");
  writeFileSync(resolve(terminal.cwd, baseline), writeBaseline(report.findings, report.sources));
  const { length } = report.findings;
  terminal.say(`wrote ${count(length, "known finding")} to ${baseline}`);
}

/** Without what the baseline knows and what is milder than asked for. */
async function accepted(
  { report, repository }: Checked,
  severity: Severity,
  { baseline }: Options,
  terminal: Terminal,
): Promise<Report> {
  const severe = (findings: readonly Finding[]) => findings.filter((finding) => atLeast(finding.severity, severity));
  if (baseline === undefined) return { ...report, findings: severe(report.findings) };
  const { compareWith, readBaseline } = await import("../../check/baseline.ts");
  const file = resolve(terminal.cwd, baseline);
  const read = existsSync(file) ? readBaseline(readFileSync(file, "utf8")) : undefined;
  if (!read?.ok) {
    const reason = read ? read.reason : "there is no such baseline";
    throw new UsageError(`${baseline}: ${reason}`, { next: updating(baseline) });
  }
  const { fresh, gone } = compareWith(read.known, report.findings, report.sources);
  return {
    ...report,
    findings: severe(fresh),
    known: report.findings.length - fresh.length,
    // Of one file nobody knows what is found elsewhere.
    ...(repository.focus === undefined ? { gone } : {}),
  };
}

const exporting =
  "gh run list --limit 1000 --json databaseId,workflowName,event,headBranch,headSha,startedAt,updatedAt,conclusion > runs.json, or aws codepipeline list-pipeline-executions --pipeline-name NAME > NAME.json";

type Past = NonNullable<Report["history"]>;

/** What became of the findings in the runs of these files. */
async function historyOf({ carried }: Checked, files: readonly string[], terminal: Terminal): Promise<Past> {
  const { readHistory } = await import("../../control/local/read-history.ts");
  const { happened } = await import("../../check/history/happened.ts");
  const { PastRuns } = await import("../../check/history/past-runs.ts");
  const missing = files.find((file) => !existsSync(resolve(terminal.cwd, file)));
  if (missing !== undefined) throw new UsageError(`--history ${missing}: there is no such file`, { next: exporting });
  const facts = carried?.repository.facts;
  const read =
    facts &&
    (await readHistory(
      new PastRuns(facts),
      files.map((file) => resolve(terminal.cwd, file)),
    ));
  if (!read || read.runs === 0) {
    throw new UsageError(`--history ${files.join(", ")}: no runs of what is here`, { next: exporting });
  }
  const left = read.unknown > 0 ? `; left out: ${read.unknown} of other pipelines, or more than are kept` : "";
  terminal.say(`history: ${count(read.runs, "run")} from ${read.from} to ${read.to}${left}`);
  return new Map(
    [...carried.replayed].flatMap(([finding, { claim }]) => {
      const past = happened(claim, read.history);
      return past ? [[finding, past] as const] : [];
    }),
  );
}

async function repair(
  report: Report,
  repository: Repository,
  { options, severity, terminal }: { options: Options; severity: Severity; terminal: Terminal },
): Promise<Report> {
  const { applyEdits } = await import("../../findings/apply-edits.ts");
  const { texts, repaired } = applyEdits(report.findings, repository.editable);
  for (const [file, text] of texts) writeFileSync(join(repository.root, file), text);
  terminal.say(
    repaired === 0
      ? "nothing here has a safe edit"
      : `repaired ${repaired} of ${report.findings.length} findings in ${count(texts.size, "file")}`,
  );
  if (repaired === 0) return report;
  const again = await checkPath(join(repository.root, repository.focus ?? ""), options, terminal);
  return await accepted(again, severity, options, terminal);
}

interface Showing {
  readonly format: Format;
  readonly terminal: Terminal;
  readonly repository: Repository;
  readonly baseline: string | undefined;
}

async function writeSarif(report: Report, file: string): Promise<void> {
  const { sarifReport } = await import("../../findings/print/sarif.ts");
  const { rules } = await import("../../check/rules.ts");
  writeFileSync(file, `${JSON.stringify(sarifReport(report, rules, version), null, 2)}\n`);
}

async function show(report: Report, showing: Showing): Promise<ExitCode> {
  const { format, terminal, repository } = showing;
  const { closingLine, textReport } = await import("../../findings/print/text.ts");
  const found = report.findings.length > 0 ? exitCodes.failed : exitCodes.clean;
  switch (format) {
    case "text":
      if (report.findings.length > 0) terminal.print(...textReport(report, terminal.out));
      terminal.say(closingLine(report));
      suggestNext(report, showing);
      return found;
    case "json": {
      const { jsonReport } = await import("../../findings/print/json.ts");
      terminal.printJson(jsonReport(report));
      return found;
    }
    case "github": {
      const { githubAnnotations, jobSummary } = await import("../../findings/print/github.ts");
      if (report.findings.length > 0) terminal.print(...githubAnnotations(report));
      const summary = terminal.env.GITHUB_STEP_SUMMARY;
      if (summary) appendFileSync(summary, jobSummary(report));
      terminal.say(closingLine(report));
      return found;
    }
    case "sarif": {
      const { sarifReport } = await import("../../findings/print/sarif.ts");
      const { rules } = await import("../../check/rules.ts");
      terminal.printJson(sarifReport(report, rules, version));
      terminal.say(`${closingLine(report)} in ${repository.root}`);
      return exitCodes.clean;
    }
    default:
      return format satisfies never;
  }
}

function suggestNext(report: Report, { terminal, baseline }: Showing): void {
  const { findings, files, pipelines = 0, gone = 0, sources } = report;
  const [first] = findings;
  const workflows = [...sources.values()].filter(({ path }) => path.startsWith(".github/workflows/"));
  if (!first && gone > 0) terminal.suggest(updating(baseline), "so that what is gone does not come back unseen");
  else if (!first && workflows.length > 0 && workflows.every(({ text }) => isGenerated(text)))
    terminal.suggest("baton doctor --on github", "compares what is set on GitHub with what these files need");
  else if (!first && files === 0 && pipelines > 0)
    terminal.suggest("baton generate codepipeline", "pipelines that are correct by construction");
  else if (!first) terminal.suggest("baton generate github", "workflows that are correct by construction");
  else if (findings.some((finding) => finding.edits)) terminal.suggest("baton check --fix", "repairs what is safe");
  else terminal.suggest(`baton check --explain ${first.rule}`, "what it looks for, and why");
}

async function explain(id: string, terminal: Terminal): Promise<ExitCode> {
  const { rules } = await import("../../check/rules.ts");
  const { nearestName } = await import("../../findings/nearest-name.ts");
  const rule = rules.find((each) => each.id === id);
  if (!rule) {
    const meant = nearestName(
      id,
      rules.map((each) => each.id),
    );
    throw new UsageError(`--explain ${id}: there is no such rule`, {
      next: meant ? `baton check --explain ${meant}` : `one of ${rules.map((each) => each.id).join(", ")}`,
    });
  }
  const { out } = terminal;
  terminal.print(
    `${out.strong(rule.id)}: ${rule.title}`,
    `${rule.severity}, ${rule.kind}`,
    "",
    rule.why,
    "",
    `${out.faint("docs")} docs/rules/${rule.id}.md`,
    `${out.faint("platform")} ${rule.url}`,
    `${out.faint("accept one")} # baton-ignore ${rule.id}: reason`,
  );
  return exitCodes.clean;
}
