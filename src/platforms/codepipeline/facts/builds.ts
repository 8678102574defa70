/** What a build action runs: the commands of its buildspec, wherever that is written. */

import type { Access } from "../../../facts/access.ts";
import { showKey } from "../../../facts/show-key.ts";
import type { PhaseFacts, PhaseText } from "../../../facts/stages.ts";
import { identity, literal, type Written } from "../../../facts/written.ts";
import type { Place } from "../../../findings/source.ts";
import type { RecognisedCommand } from "../../../shell/recognise.ts";
import type { ScriptText } from "../../../shell/script-text.ts";
import { keyText } from "../../../shell/words.ts";
import type { Action, CodePipeline, PipelineFiles, Project } from "../pipeline.ts";
import { documentOf, type FilledDocument, parseFilled } from "../read/filled-text.ts";
import { child, type Node, plainText } from "../read/tree/node.ts";
import { actionVariables, type BuildVariables, buildVariables, specVariables } from "./build-variables.ts";
import { recognised, scriptText } from "./scripts.ts";
import { plainStep } from "./stage-jobs.ts";

export interface BuildFacts {
  readonly phases: readonly PhaseFacts[];
  /** Those of all phases, and of what is fetched before the first. */
  readonly accesses: readonly Access[];
  /** Folders that the commands work in. */
  readonly folders: readonly Written[];
  /** Pipelines that are started. */
  readonly started: readonly Written[];
  /** Commands exist that are not in the files. */
  readonly opaque: boolean;
}

export const noBuild: BuildFacts = { phases: [], accesses: [], folders: [], started: [], opaque: false };

export interface BuildPlace {
  readonly pipeline: CodePipeline;
  readonly files: PipelineFiles;
  /** Whether the action works on the source as it is in the repository. */
  readonly isSource: boolean;
}

export function buildFacts(action: Action, { pipeline, files, isSource }: BuildPlace): BuildFacts {
  if (action.commands.length > 0) {
    const phase = { name: "", at: action.at, texts: action.commands.map(scriptText), afterFailure: false };
    return factsOf([[phase]], { variables: buildVariables([action.variables]), isSource });
  }
  const setting = (name: string) => action.configuration.find((each) => each.name === name)?.value;
  const named = setting("ProjectName");
  const name = named && identity(named.key);
  const project = pipeline.scope.projects.find(({ aliases }) => name !== undefined && aliases.includes(name));
  const override = setting("BuildspecOverride");
  if (!project && !override) return { ...noBuild, opaque: true };
  const node = override ? undefined : project?.buildspecNode;
  const spec = buildspec(override ?? project?.buildspec, { action, files, node });
  if (!spec) return { ...noBuild, opaque: true };
  const given = buildVariables([
    actionVariables(setting("EnvironmentVariables")),
    project ? project.variables : undefined,
    specVariables(spec),
  ]);
  return factsOf(shellsOf(spec), { variables: given, isSource });
}

interface SpecPlace {
  readonly action: Action;
  /** As it is written, where its parts have places of their own. */
  readonly node: Node | undefined;
  readonly files: PipelineFiles;
}

/** Written inline, or a file; without either it is `buildspec.yml` at the root of the source. */
function buildspec(written: Project["buildspec"], { action, files, node }: SpecPlace): FilledDocument | undefined {
  const text = literal(written);
  const isInline = written && (text === undefined || text.includes("\n") || text.trimStart().startsWith("{"));
  if (isInline) {
    const isPlaced = node?.kind === "scalar" && (node.document ?? node.stretches) !== undefined;
    const holder: Node = { kind: "scalar", value: "", at: written.at ?? action.at };
    const inline = isPlaced ? documentOf(node) : parseFilled(written.key, holder);
    // Else it is a path that only a deployment knows.
    return inline?.root.kind === "map" ? inline : undefined;
  }
  const root = files.document(text ?? "buildspec.yml");
  return root && { root, restore: (value) => [{ kind: "text", text: value }] };
}

interface Phase {
  readonly name: string;
  readonly at: PhaseFacts["at"];
  readonly texts: readonly ScriptText[];
  readonly afterFailure: boolean;
}

/** Phases by the shell they run in: all in one, or (version 0.1) each command in its own. */
function shellsOf(spec: FilledDocument): Phase[][] {
  const phases = child(spec.root, "phases");
  const found = ["install", "pre_build", "build", "post_build"].flatMap((name) => {
    const node = child(phases, name);
    // A failed build goes on to what comes after it, unless it says otherwise; the phases before it do not.
    const goesOn = plainText(child(phases, "build", "on-failure"))?.toUpperCase() !== "ABORT";
    const afterFailure = name === "post_build" && goesOn;
    const own = { name, at: node?.at ?? spec.root.at, texts: textsOf(child(node, "commands"), spec), afterFailure };
    const last = { ...own, name: `${name} finally`, texts: textsOf(child(node, "finally"), spec), afterFailure: true };
    return [own, last].filter(({ texts }) => texts.length > 0);
  });
  const isOld = Number(plainText(child(spec.root, "version"))) < 0.2;
  return isOld ? found.flatMap((phase) => phase.texts.map((text) => [{ ...phase, texts: [text] }])) : [found];
}

function textsOf(node: Node | undefined, { restore }: FilledDocument): ScriptText[] {
  const items = node?.kind === "list" ? node.items : node ? [node] : [];
  return items.flatMap((item) => {
    const text = plainText(item);
    return text === undefined ? [] : [scriptText({ key: restore(text), at: within(item.at, text) })];
  });
}

/** Where a text stands in a document that is written inside of another one, if it stands there once. */
function within(at: Place, text: string): Place {
  const whole = at.source.text.slice(at.start, at.end);
  const found = whole.indexOf(text);
  if (text.length < 3 || found < 0 || whole.indexOf(text, found + 1) >= 0) return at;
  return { source: at.source, start: at.start + found, end: at.start + found + text.length };
}

interface Around {
  readonly variables: BuildVariables;
  readonly isSource: boolean;
}

function factsOf(shells: readonly (readonly Phase[])[], around: Around): BuildFacts {
  const commands = recognised(
    shells.map((phases) => phases.flatMap(({ texts }) => texts)),
    around,
  );
  const phases = shells.flatMap((shell, first) => {
    let stopsAtErrors = false;
    const start = shells.slice(0, first).reduce((sum, each) => sum + each.length, 0);
    return shell.map(({ name, at, texts, afterFailure }, i): PhaseFacts => {
      const own = commands.filter(({ command }) => texts.includes(command.text));
      const written = texts.map((each): PhaseText => {
        const text = each.parts.map((part) => (part.kind === "text" ? part.text : "…")).join("");
        stopsAtErrors ||= setsErrexit(text);
        return { text, at: each.at, goesOn: !stopsAtErrors && hasSeveralLines(text) };
      });
      const text = written.map((each) => each.text).join("\n");
      const accesses = own.flatMap((each) => each.accesses.filter(isOutside));
      // The shell of the build does not fail in pipes; that is left out, as many images bring another one.
      const runsIn = { stopsAtErrors: !written.some(({ goesOn }) => goesOn), failsInPipes: true };
      const step = plainStep({ index: start + i, at, label: name, kind: "command", text, shell: runsIn, accesses });
      return { ...step, texts: written, afterFailure };
    });
  });
  return {
    phases,
    accesses: [...around.variables.reads, ...phases.flatMap(({ accesses }) => accesses)],
    folders: around.isSource ? foldersOf(commands) : [],
    started: commands.flatMap(({ accesses }) => accesses.flatMap(startedBy)),
    opaque: false,
  };
}

/** From here on the shell ends at the first command that fails. */
function setsErrexit(text: string): boolean {
  return /(?:^|[\s;&])set\s+(?:-[a-z]*e|-o\s+errexit)|\btrap\b[^\n]*\bERR\b/.test(text);
}

function hasSeveralLines(text: string): boolean {
  const lines = text.replace(/\\\r?\n/g, " ").split("\n");
  return lines.filter((line) => /^\s*[^\s#]/.test(line)).length > 1;
}

const starting = "aws codepipeline start-pipeline-execution";

function startedBy(access: Access): Written[] {
  return access.kind === "resource" && access.tool === starting ? [{ key: access.key, at: access.at }] : [];
}

/** To start another pipeline is no change of anything: what that one does counts. */
function isOutside({ tool }: Access): boolean {
  return tool !== starting;
}

function foldersOf(commands: readonly RecognisedCommand[]): Written[] {
  const found = new Map<string, Written>();
  for (const { command } of commands) {
    const folder = keyText(command.folder);
    if (!folder || /^(\/|~|-|\.\.)/.test(folder) || found.has(folder)) continue;
    found.set(showKey(command.folder), { key: command.folder, at: command.at });
  }
  return [...found.values()];
}
