import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { limitOf, loadDefinition } from "../control/definition/load.ts";
import { loadInChild } from "../control/definition/load-in-child.ts";
import { openJournal } from "../control/local/journal.ts";
import { findProject, type Project } from "../control/project.ts";
import type { Delivery } from "../model/delivery.ts";
import { inOrder } from "../order/topological.ts";
import { codepipeline } from "../platforms/codepipeline/codepipeline.ts";
import { github } from "../platforms/github/github.ts";
import { type ExitCode, exitCodes } from "./problem.ts";
import { problemIn } from "./refusals.ts";
import { table } from "./terminal/table.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { fit } from "./terminal/width.ts";

interface Choice {
  argv: string[];
  what: string;
}

interface Section {
  title: string;
  choices: Choice[];
}

/** `baton` alone on a terminal: one thing leads to the next, until somebody leaves. Ends as the last command did. */
export async function lead(terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.clean;
  while (code !== exitCodes.interrupted) {
    const chosen = await offerMenu(terminal);
    if (chosen === undefined) return code;
    code = await carriedOut(chosen, terminal);
  }
  return code;
}

/** In a process of its own, so that it sees the definition as it is now. What is typed, Ctrl-C too, is for that one. */
async function carriedOut(argv: string[], { cwd, env, entry }: Terminal): Promise<ExitCode> {
  const child = spawn(process.execPath, [...process.execArgv, entry, ...argv], { cwd, env, stdio: "inherit" });
  const ignore = () => {};
  const pass = () => void child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGTERM", pass);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once("error", reject).once("exit", resolve);
    const code = await promise;
    return Object.values(exitCodes).find((known) => known === code) ?? exitCodes.interrupted;
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", pass);
  }
}

/** The commands that make sense for the delivery at hand, to be chosen by number. */
async function offerMenu(terminal: Terminal): Promise<string[] | undefined> {
  const { title, sections } = await menuFor(terminal);
  const choices = sections.flatMap((section) => section.choices);
  const { err } = terminal;
  const rows = sections.flatMap((section) =>
    section.choices.map(({ argv, what }, at) => [
      at === 0 ? err.faint(section.title) : "",
      err.strong(String(choices.findIndex((one) => one.argv === argv) + 1).padStart(2)),
      `baton ${argv.join(" ")}`,
      err.faint(what),
    ]),
  );
  const columns = terminal.stderr.columns ?? 80;
  terminal.say("", ...[err.strong(title), "", ...table(rows, "  ")].map((line) => fit(line, columns - 1)));
  try {
    for (;;) {
      const answer = (await terminal.question("\nnumber, or Enter to leave: ")).trim();
      if (answer === "" || answer === "q") return undefined;
      const chosen = choices[Number(answer) - 1];
      if (chosen) return chosen.argv;
      terminal.say(`there is no ${answer}`);
    }
  } catch (error) {
    // Ctrl-C or Ctrl-D at the question.
    if ((error as { code?: string }).code === "ABORT_ERR") return undefined;
    throw error;
  }
}

const help: Choice = { argv: ["--help"], what: "every command" };
const check: Choice = { argv: ["check"], what: "races and broken hand-offs in the pipelines here" };

async function menuFor(terminal: Terminal): Promise<{ title: string; sections: Section[] }> {
  try {
    const project = findProject(terminal, {});
    const delivery = await deliveryNow(project, terminal);
    const environments = inOrder(delivery.environments, ({ after }) => after).map(({ name }) => name);
    return {
      title: `${delivery.name}: ${delivery.pipelines.map(({ name }) => name).join(", ")}; ${environments.join(" → ")}`,
      sections: [
        { title: "unfinished", choices: stoppedRuns(project) },
        { title: "deliver", choices: deliveries(delivery, environments) },
        {
          title: "look",
          choices: [...looks(project), check, { argv: ["doctor"], what: "whether this machine has what it needs" }],
        },
        { title: "CI services", choices: services(project) },
        { title: "more", choices: [help] },
      ],
    };
  } catch (error) {
    if (problemIn(error) === undefined) throw error;
    const doctor: Choice = { argv: ["doctor"], what: "what is missing here" };
    return {
      title: "there is no delivery here that can be read",
      sections: [{ title: "look", choices: [doctor, check, help] }],
    };
  }
}

/** As the file is now: a process loads code only once. */
async function deliveryNow({ file }: Project, terminal: Terminal): Promise<Delivery> {
  if (/\.(ya?ml|json)$/.test(file)) return await loadDefinition(file, terminal);
  return await loadInChild({ file, cwd: terminal.cwd, limitMs: limitOf(terminal.env), entry: terminal.entry });
}

function stoppedRuns(project: Project): Choice[] {
  using journal = openJournal(project);
  const [newest] = journal?.runs() ?? [];
  if (newest === undefined) return [];
  if (newest.conclusion === undefined) return [{ argv: ["resume"], what: `go on with run ${newest.run}` }];
  if (newest.conclusion !== "failed") return [];
  return [
    { argv: ["retry"], what: `run what failed in ${newest.run} again` },
    { argv: ["logs"], what: "what its jobs printed" },
  ];
}

/** So many pipelines are offered one by one; with more the menu would hide the rest. */
const mostPipelines = 6;

function deliveries({ pipelines, environments }: Delivery, order: readonly string[]): Choice[] {
  const last = order.at(-1);
  const asks = environments.some(({ approval }) => approval !== undefined) ? ", asking where it should" : "";
  const isMany = pipelines.length < 2 || pipelines.length > mostPipelines;
  return [
    { argv: ["plan"], what: "what a run would do, and why" },
    { argv: ["run"], what: "do it, for the environment of this branch" },
    ...(order.length > 1 ? [{ argv: ["run", "--to", last!], what: `through ${order.join(", ")}${asks}` }] : []),
    ...(isMany
      ? []
      : pipelines.map(({ name }) => ({
          argv: ["run", "--pipeline", name],
          what: `${name} alone, with what the others deployed`,
        }))),
  ];
}

function looks(project: Project): Choice[] {
  using journal = openJournal(project);
  if (journal === undefined || journal.runs().length === 0) return [];
  return [
    { argv: ["status"], what: "what is deployed and what runs" },
    { argv: ["outputs"], what: "addresses and other outputs" },
  ];
}

/** Services that the delivery is generated for, with all that can be asked of them; else what could be generated. */
function services({ root, repository }: Project): Choice[] {
  const has = (...path: string[]) => existsSync(join(...path));
  const isOnAws = has(root, codepipeline.settingsFile) || has(root, "codepipeline");
  const workflows = has(repository ?? root, ".github", "workflows") || has(root, github.settingsFile);
  const generate = (service: string, what: string): Choice => ({ argv: ["generate", service], what });
  return [
    generate("github", workflows ? "write the GitHub workflows anew" : "write GitHub workflows"),
    generate("codepipeline", isOnAws ? "write the CodePipelines anew" : "write AWS CodePipelines"),
    { argv: ["cost"], what: "what CodePipelines cost a month" },
    ...(isOnAws
      ? [
          { argv: ["doctor", "--on", "codepipeline"], what: "whether they can be put on AWS from here, and how" },
          { argv: ["status", "--on", "codepipeline"], what: "how they are on AWS, and what waits for an answer" },
        ]
      : []),
  ];
}
