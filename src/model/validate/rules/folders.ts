import { leadsIntoGit } from "../../dot-git.ts";
import type { DefinitionPath, Refusal } from "../../refusal.ts";
import { type Rule, refusal } from "../subject.ts";

/** Paths are relative, with forward slashes, and stay where they belong. */
export const folders: Rule = function* ({ pipelines, jobs }) {
  for (const { name, workingDirectory } of pipelines.values()) {
    yield* leaves([workingDirectory], ["pipelines", name, "workingDirectory"], "the repository");
  }
  for (const { pipeline, job, path } of jobs) {
    const folder = [pipeline.workingDirectory, job.workingDirectory];
    if (job.workingDirectory !== ".") yield* leaves(folder, [...path, "workingDirectory"], "the repository");
    for (const [index, step] of job.steps.entries()) {
      if (step.workingDirectory === ".") continue;
      const at = [...path, "steps", index, "workingDirectory"];
      yield* leaves([...folder, step.workingDirectory], at, "the repository");
    }
    for (const [name, artifact] of Object.entries(job.artifacts)) {
      yield* leaves([artifact.path], [...path, "artifacts", name], "the job's working directory");
    }
    if (job.report !== undefined) yield* leaves([job.report], [...path, "report"], "the job's working directory");
    const laid = new Map<string, { artifact: string; path: DefinitionPath }>();
    for (const [index, use] of job.uses.entries()) {
      const at = [...path, "uses", index];
      const wrong = [...leaves([use.path], at, "the job's working directory")];
      if (wrong.length === 0 && leadsIntoGit([...folder, use.path].join("/"))) {
        const help = "lay it anywhere else: jobs must find the repository that they were given";
        wrong.push(
          refusal("laid-into-git", at, {
            message: `"${use.artifact}" is laid at "${use.path}", where git keeps a repository`,
            help,
          }),
        );
      }
      yield* wrong;
      if (wrong.length > 0) continue;
      const place = normalised(use.path);
      const first = laid.get(place);
      if (!first) laid.set(place, { artifact: use.artifact, path: at });
      else if (place !== "") {
        yield refusal("laid-at-one-place", at, {
          message: `"${use.artifact}" and "${first.artifact}" are both laid at "${use.path}"`,
          related: [{ message: `"${first.artifact}" is laid there here`, path: first.path }],
          help: "give one of them another path",
        });
      }
    }
  }
};

/** The last of `parts` is the one that is judged; the others are where it starts. */
function* leaves(parts: readonly string[], path: DefinitionPath, home: string): Generator<Refusal> {
  const written = parts.at(-1)!;
  const refuse = (message: string, help: string) => refusal("wrong-path", path, { message, help });
  if (written === "") yield refuse("a path is empty", 'write "." for the folder itself');
  else if (/^[/~]|^[A-Za-z]:/.test(written)) {
    yield refuse(`the path "${written}" is not relative`, `write it relative to ${home}`);
  } else if (/[\\\0\n]/.test(written)) {
    yield refuse(`the path "${written}" has characters that not every machine allows`, "use forward slashes");
  } else if (leavesRoot(parts.join("/"))) {
    const others = parts.slice(0, -1);
    const alreadyOutside = others.length > 0 && leavesRoot(others.join("/"));
    if (!alreadyOutside) yield refuse(`the path "${written}" leads out of ${home}`, "keep it inside");
  }
}

function leavesRoot(path: string): boolean {
  let depth = 0;
  for (const part of path.split("/")) {
    if (part === "..") depth--;
    else if (part !== "." && part !== "") depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** `a/./b/../c` and `a/c/` are both `a/c`; the folder itself is "". */
function normalised(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
