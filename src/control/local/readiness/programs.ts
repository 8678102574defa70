import { count } from "../../../findings/count.ts";
import { GitError } from "../../../git/git.ts";
import type { Delivery, Tool } from "../../../model/delivery.ts";
import type { CheckUp } from "../../../platforms/live.ts";
import { createToolCheck, findProgram } from "../../../runner/tools.ts";
import { firstLine } from "../../platform/here.ts";
import type { Project } from "../../project.ts";
import { readSource } from "../../request/source.ts";

const oldestNode = 24;

export async function programCheckUps(env: NodeJS.ProcessEnv): Promise<CheckUp[]> {
  const major = Number(process.versions.node.split(".")[0]);
  const node: CheckUp = { name: "node", verdict: major >= oldestNode ? "ok" : "fail", text: process.version };
  if (node.verdict === "fail") node.remedy = `install Node.js ${oldestNode} or newer`;
  const needed: [string, string][] = [
    ["git", "install git; without it every change counts as a change of everything"],
    ["bash", "install bash: steps run in it unless they say sh"],
    ["sh", "install a POSIX shell"],
  ];
  const programs = await Promise.all(
    needed.map(async ([name, remedy]): Promise<CheckUp> => {
      const path = findProgram(name, env.PATH ?? "");
      if (path === undefined) return { name, verdict: "fail", text: "not on the path", remedy };
      return { name, verdict: "ok", text: name === "sh" ? path : await firstLine(path) };
    }),
  );
  return [node, ...programs];
}

export async function gitCheckUps(project: Project): Promise<CheckUp[]> {
  const name = "repository";
  let source: Awaited<ReturnType<typeof readSource>>;
  try {
    source = await readSource(project);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return [{ name, verdict: "fail", text: error.message, remedy: "make `git status` work here" }];
  }
  if (source.kind === "folder") {
    const remedy = "git init and a first commit let Baton know what changed";
    return [{ name, verdict: "warn", text: `${source.because}: runs work in place`, remedy }];
  }
  const extra = source.uncommitted.length > 0 ? ` with ${count(source.uncommitted.length, "uncommitted file")}` : "";
  return [{ name, verdict: "ok", text: `${source.head.slice(0, 7)} on ${source.branch ?? "no branch"}${extra}` }];
}

/** The programs that jobs name, each once for each version it is asked in. */
export async function toolCheckUps(delivery: Delivery, env: NodeJS.ProcessEnv): Promise<CheckUp[]> {
  const wanted = new Map<string, Tool>();
  for (const { jobs } of delivery.pipelines) {
    for (const { tools } of Object.values(jobs))
      for (const tool of tools) wanted.set(`${tool.name} ${tool.version}`, tool);
  }
  const check = createToolCheck();
  const defined = env as Record<string, string>;
  return await Promise.all(
    Array.from(wanted.values(), async (tool): Promise<CheckUp> => {
      const name = `tool ${tool.name}${tool.version ? ` ${tool.version}` : ""}`;
      const problem = await check.problem([tool], defined);
      if (problem === undefined)
        return { name, verdict: "ok", text: await firstLine(findProgram(tool.name, env.PATH ?? "")!) };
      const [text = problem, more] = problem.split("; ");
      // Here nothing has failed yet that could be retried.
      const remedy = more?.replace(/,? and run 'baton retry'$/, "");
      return { name, verdict: "fail", text, ...(remedy !== undefined && { remedy }) };
    }),
  );
}
