import { type Finding, sortFindings } from "../../../findings/finding.ts";
import { locationOf, type SourceFile } from "../../../findings/source.ts";
import type { LocalAction, Repository, Workflow } from "../workflow.ts";
import { readAction, stepsOf, usedLocalActions } from "./action-file.ts";
import { validateCalls } from "./calls.ts";
import { readCloneFacts } from "./clone.ts";
import type { Decoded } from "./decode.ts";
import { locate, TreeFiles } from "./files.ts";
import { invalidWorkflow, unreadableFile } from "./problems.ts";
import { validateAction, validateWorkflow } from "./validate/validate.ts";
import { readWorkflow } from "./workflow-file.ts";
import type { YamlMap } from "./yaml/node.ts";
import { parseYaml } from "./yaml/parse.ts";

export interface ReadOptions {
  /** Overrules what the clone says. */
  readonly defaultBranch?: string;
}

/**
 * Reads all workflows of a repository, and the local actions they use. `path` is the repository, a folder or file inside
 * of its `.github`, or a workflow file elsewhere, which is read alone. Bad contents become `problems`; throws only where
 * the path does not exist.
 */
export function readRepository(path: string, options: ReadOptions = {}): Repository {
  const target = locate(path);
  const files = new TreeFiles(target.root);
  const alone = target.file !== undefined && !target.file.startsWith(".github/");
  const reading = new Reading(files);
  for (const file of alone ? [target.file!] : files.workflowPaths()) reading.addWorkflow(file);
  reading.addLocalActions();
  const clone = readCloneFacts(files);
  return {
    root: target.root,
    focus: target.file,
    workflows: reading.workflows,
    unreadable: [...reading.unreadable].sort(),
    actions: [...reading.actions.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    defaultBranch: options.defaultBranch ? { kind: "known", value: options.defaultBranch } : clone.defaultBranch,
    slug: clone.slug,
    problems: sortFindings([
      ...reading.problems,
      ...(alone ? [] : validateCalls(reading.workflows, reading.unreadable)),
    ]),
    sources: reading.sources,
  };
}

class Reading {
  readonly workflows: Workflow[] = [];
  readonly unreadable = new Set<string>();
  readonly actions = new Map<string, LocalAction>();
  readonly problems: Finding[] = [];
  readonly sources = new Map<string, SourceFile>();
  private readonly files: TreeFiles;

  constructor(files: TreeFiles) {
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
    for (const problem of problems) this.problems.push(invalidWorkflow(problem.message, locationOf(problem.at)));
    if (problems.length > 0) return undefined;
    if (root?.kind === "map") return { source, root };
    const at = root?.at ?? { source, start: 0, end: 0 };
    this.problems.push(invalidWorkflow("a map of keys was expected, beginning with 'on' and 'jobs'", locationOf(at)));
    return undefined;
  }
}
