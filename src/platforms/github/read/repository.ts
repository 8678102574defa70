import { type Finding, sortFindings } from "../../../findings/finding.ts";
import { locationOf, type SourceFile } from "../../../findings/source.ts";
import type { CalledFiles } from "../../../shell/called/called-files.ts";
import { locate } from "../../locate.ts";
import type { LocalAction, Repository, Workflow } from "../workflow.ts";
import { readAction, stepsOf, usedLocalActions } from "./action-file.ts";
import { validateCalls } from "./calls.ts";
import { readCloneFacts } from "./clone.ts";
import { type Decoded, decodeFile } from "./decode.ts";
import { TreeFiles } from "./files.ts";
import { invalidWorkflow, unreadableFile } from "./problems.ts";
import { validateAction, validateWorkflow } from "./validate/validate.ts";
import { readWorkflow } from "./workflow-file.ts";
import type { YamlMap } from "./yaml/node.ts";
import { parseYaml } from "./yaml/parse.ts";

export interface ReadOptions {
  /** Overrules what the clone says. */
  readonly defaultBranch?: string;
}

/** Where the files come from: a folder, or memory. */
export interface RepositoryFiles {
  /** Paths of the workflow files from the root, sorted. */
  workflowPaths(): readonly string[];
  /** A file by its path from the root; undefined where there is none. */
  read(path: string): Decoded | undefined;
  /** Names in a folder; none where there is no such folder. */
  names(folder: string): readonly string[];
}

/**
 * Reads all workflows of a repository, and the local actions they use. `path` is the repository, a folder or file inside
 * of its `.github`, or a workflow file elsewhere, which is read alone. Bad contents become `problems`; throws only where
 * the path does not exist.
 */
export function readRepository(path: string, options: ReadOptions = {}): Repository {
  const target = locate(path, [".github"]);
  const files = new TreeFiles(target.root);
  return { ...readFiles(files, target.file, options), root: target.root };
}

/** The same for files in memory, by their paths from the root, as a generator writes them. */
export function readTexts(texts: ReadonlyMap<string, string | Uint8Array>, options: ReadOptions = {}): Repository {
  const bytes = (contents: string | Uint8Array) =>
    typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const files: RepositoryFiles = {
    workflowPaths: () => [...texts.keys()].filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path)).sort(),
    read: (path) => {
      const contents = texts.get(path);
      return contents === undefined ? undefined : decodeFile(path, bytes(contents));
    },
    names: (folder) => {
      const start = folder === "" ? "" : `${folder}/`;
      const inside = [...texts.keys()].filter((path) => path.startsWith(start));
      return [...new Set(inside.map((path) => path.slice(start.length).split("/")[0]!))].sort();
    },
  };
  return readFiles(files, undefined, options);
}

function readFiles(files: RepositoryFiles, focus: string | undefined, options: ReadOptions): Repository {
  const alone = focus !== undefined && !focus.startsWith(".github/");
  const reading = new Reading(files);
  for (const file of alone ? [focus] : files.workflowPaths()) reading.addWorkflow(file);
  reading.addLocalActions();
  const clone = readCloneFacts(files);
  const calls = alone ? [] : validateCalls(reading.workflows, reading.unreadable);
  return {
    root: "",
    focus,
    files: calledFiles(files),
    workflows: reading.workflows,
    unreadable: [...reading.unreadable].sort(),
    actions: [...reading.actions.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    defaultBranch: options.defaultBranch ? { kind: "known", value: options.defaultBranch } : clone.defaultBranch,
    slug: clone.slug,
    problems: sortFindings([...reading.problems, ...calls]),
    sources: reading.sources,
  };
}

/** Scripts and tasks beside the workflows; what cannot be read is as if it were not there. */
function calledFiles(files: RepositoryFiles): CalledFiles {
  const known = new Map<string, string | undefined>();
  const folders = new Map<string, readonly string[]>();
  return {
    text: (path) => {
      if (!known.has(path)) {
        const read = files.read(path);
        known.set(path, read?.ok && read.source.text.length <= MAX_CALLED_SIZE ? read.source.text : undefined);
      }
      return known.get(path);
    },
    names: (folder) => {
      let names = folders.get(folder);
      if (!names) {
        names = files.names(folder);
        folders.set(folder, names);
      }
      return names;
    },
  };
}

/** Scripts are small; what is larger is generated, or data. */
const MAX_CALLED_SIZE = 256 * 1024;

class Reading {
  readonly workflows: Workflow[] = [];
  readonly unreadable = new Set<string>();
  readonly actions = new Map<string, LocalAction>();
  readonly problems: Finding[] = [];
  readonly sources = new Map<string, SourceFile>();
  private readonly files: RepositoryFiles;

  constructor(files: RepositoryFiles) {
    this.files = files;
  }

  addWorkflow(path: string): void {
    const read = this.files.read(path);
    const parsed = read && this.parse(read);
    if (!parsed) {
      if (read) this.unreadable.add(path);
      return;
    }
    this.problems.push(...validateWorkflow(parsed.source, parsed.root));
    this.workflows.push(readWorkflow(parsed.source, parsed.root));
  }

  /** Actions may use further ones; a missing one is no problem, as a step may have made or checked it out. */
  addLocalActions(): void {
    const wanted = this.workflows.flatMap((workflow) => usedLocalActions(stepsOf(workflow)));
    const seen = new Set<string>();
    for (let used = wanted.pop(); used; used = wanted.pop()) {
      if (seen.has(used.path)) continue;
      seen.add(used.path);
      const action = this.readAction(used.path);
      if (!action) continue;
      this.actions.set(used.path, action);
      wanted.push(...usedLocalActions(action.steps));
    }
  }

  private readAction(path: string): LocalAction | undefined {
    for (const name of ["action.yml", "action.yaml"]) {
      const file = path === "" ? name : `${path}/${name}`;
      const read = this.files.read(file);
      if (!read) continue;
      const parsed = this.parse(read);
      if (!parsed) return undefined;
      this.problems.push(...validateAction(parsed.source, parsed.root));
      return readAction({ path, ...parsed });
    }
    return undefined;
  }

  private parse(read: Decoded): { source: SourceFile; root: YamlMap } | undefined {
    if (!read.ok) {
      this.problems.push(unreadableFile(read.path, read.reason));
      return undefined;
    }
    const { source } = read;
    this.sources.set(source.path, source);
    const { root, problems } = parseYaml(source);
    const [first] = problems;
    if (first) {
      // After the first mistake the rest of the text is read as something that nobody wrote.
      this.problems.push(invalidWorkflow(first.message, locationOf(first.at)));
      return undefined;
    }
    if (root?.kind === "map") return { source, root };
    const at = root?.at ?? { source, start: 0, end: 0 };
    this.problems.push(invalidWorkflow("a map of keys was expected, beginning with 'on' and 'jobs'", locationOf(at)));
    return undefined;
  }
}
