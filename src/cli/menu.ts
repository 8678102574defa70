import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { answered, Refused } from "../control/control.ts";
import { limitOf, loadDefinition } from "../control/definition/load.ts";
import { loadInChild } from "../control/definition/load-in-child.ts";
import { findProject, type Project } from "../control/project.ts";
import { isTooLate } from "../control/views/run.ts";
import type { StatusView } from "../control/views/status.ts";
import type { Delivery } from "../model/delivery.ts";
import { standing } from "../model/previews.ts";
import { inOrder } from "../order/topological.ts";
import { platforms } from "../platforms/platforms.ts";
import { type ExitCode, exitCodes } from "./problem.ts";
import { problemIn } from "./refusals.ts";
import { ago } from "./terminal/duration.ts";
import type { Style } from "./terminal/style.ts";
import { table } from "./terminal/table.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { fit, pad, widthOf, wrap } from "./terminal/width.ts";

interface Choice {
  argv: string[];
  what: string;
  /** To be asked before it is done. */
  asks?: string;
}

interface Section {
  title: string;
  choices: Choice[];
  /** Depends on what was run. */
  comesAndGoes?: true;
}

export interface Menu {
  title: string;
  /** What is deployed in each environment, one line each. */
  state: string[];
  sections: Section[];
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
  const menu = await menuFor(terminal);
  const choices = new Map(keyed(menu.sections).map(({ key, choice }) => [key, choice]));
  terminal.say("", ...menuLines(menu, { ...sizeOf(terminal), style: terminal.err }));
  try {
    for (;;) {
      const answer = (await terminal.question("\nnumber, or Enter to leave: ")).trim();
      if (answer === "" || answer === "q") return undefined;
      const chosen = choices.get(answer);
      if (chosen === undefined) terminal.say(`there is no ${answer}`);
      else if (await isMeant(chosen, terminal)) return chosen.argv;
    }
  } catch (error) {
    // Ctrl-C or Ctrl-D at the question.
    if ((error as { code?: string }).code === "ABORT_ERR") return undefined;
    throw error;
  }
}

/** What goes further than one environment is asked about once more. */
async function isMeant({ argv, asks }: Choice, terminal: Terminal): Promise<boolean> {
  if (asks === undefined) return true;
  const answer = await terminal.question(`baton ${argv.join(" ")}: ${asks}? [y]es, [N]o `);
  return /^y(es)?$/i.test(answer.trim());
}

/** Numbers for what is always there, letters for what comes and goes, so that a number means the same every time. */
function keyed(sections: readonly Section[]): { section: Section; key: string; choice: Choice }[] {
  let number = 0;
  let letter = "a".charCodeAt(0);
  return sections.flatMap((section) =>
    section.choices.map((choice) => ({
      section,
      key: section.comesAndGoes ? String.fromCharCode(letter++) : String(++number),
      choice,
    })),
  );
}

const wideColumns = 100;

interface MenuFrame {
  columns: number;
  rows: number;
  style: Style;
}

const sizeOf = ({ stderr }: Terminal) => ({ columns: stderr.columns ?? 80, rows: stderr.rows ?? 24 });

/**
 * As wide as the terminal and no wider: what does not fit beside its command goes on below. Where that is too tall, each
 * choice is one line, and the choices alone are left.
 */
export function menuLines(menu: Menu, frame: MenuFrame): string[] {
  const whole = linesOf(menu, frame);
  // An empty line before, and the question.
  if (whole.length + 3 <= frame.rows) return whole;
  const short = { ...frame, isShort: true };
  const all = linesOf(menu, short);
  return all.length + 3 <= frame.rows ? all : linesOf({ ...menu, state: [] }, short);
}

function linesOf(menu: Menu, { columns, style, isShort = false }: MenuFrame & { isShort?: boolean }): string[] {
  const rows = keyed(menu.sections);
  const calls = Math.max(0, ...rows.map(({ choice }) => widthOf(callOf(choice))));
  const isWide = columns >= wideColumns && !isShort;
  const titles = isWide ? Math.max(...rows.map(({ section }) => widthOf(section.title))) + 2 : 0;
  const room = columns - 1 - titles - calls - 8;
  const lines = [style.strong(menu.title), ...menu.state.map((line) => `  ${line}`), ""];
  let before: Section | undefined;
  for (const { section, key, choice } of rows) {
    const isFirst = section !== before;
    before = section;
    if (isFirst && !isWide && !isShort) lines.push(style.faint(section.title));
    const title = isWide ? pad(isFirst ? style.faint(section.title) : "", titles) : "";
    const [first = "", ...more] = wrap(choice.what, Math.max(20, room));
    lines.push(`  ${title}${style.strong(key.padStart(2))}  ${pad(callOf(choice), calls)}  ${style.faint(first)}`);
    if (isShort) continue;
    for (const line of more) lines.push(`${" ".repeat(titles + calls + 8)}${style.faint(line)}`);
  }
  return lines.map((line) => fit(line, columns - 1));
}

const callOf = ({ argv }: Choice) => `baton ${argv.join(" ")}`;

const help: Choice = { argv: ["--help"], what: "every command" };
const init: Choice = { argv: ["init"], what: "write a first definition for what is here" };
const check: Choice = { argv: ["check"], what: "races and broken hand-offs in the pipelines here" };

async function menuFor(terminal: Terminal): Promise<Menu> {
  try {
    const project = findProject(terminal, {});
    const delivery = await deliveryNow(project, terminal);
    const status = await statusHere(project, terminal);
    const environments = inOrder(standing(delivery).environments, ({ after }) => after).map(({ name }) => name);
    return {
      title: `${delivery.name}: ${delivery.pipelines.map(({ name }) => name).join(", ")}; ${environments.join(" → ")}`,
      state: status.runs.length === 0 ? [] : table(environments.map((name) => stateOf(name, status))),
      sections: [
        { title: "waits", comesAndGoes: true, choices: waitingChoices(status) },
        { title: "deliver", choices: deliveries(delivery, environments) },
        {
          title: "look",
          choices: [...looks(status), check, { argv: ["doctor"], what: "whether this machine has what it needs" }],
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
      state: [],
      sections: [
        { title: "begin", choices: isMissing(error) ? [init] : [] },
        { title: "look", choices: [doctor, check, help] },
      ],
    };
  }
}

async function statusHere(project: Project, terminal: Terminal): Promise<StatusView> {
  const { localHost } = await import("../control/local/local-host.ts");
  return answered(await localHost({ project, caller: terminal }).status({ most: 1 }));
}

const isMissing = (error: unknown) => error instanceof Refused && error.refusal.code === "no-definition";

/** As the file is now: a process loads code only once. */
async function deliveryNow({ file }: Project, terminal: Terminal): Promise<Delivery> {
  if (/\.(ya?ml|json)$/.test(file)) return await loadDefinition(file, terminal);
  return await loadInChild({ file, cwd: terminal.cwd, limitMs: limitOf(terminal.env), entry: terminal.entry });
}

/** `dev  release 7  2h ago`, `prod  waits for approval of release 7`. */
function stateOf(environment: string, { deployed, open }: StatusView): string[] {
  const here = Object.values(deployed[environment] ?? {});
  const newest = here.toSorted((a, b) => b.release - a.release)[0];
  const what = newest === undefined ? "nothing yet" : `release ${newest.release}  ${ago(Date.now() - newest.at)}`;
  const asking = open.find(({ approvals }) => approvals.some((approval) => approval.environment === environment));
  const busy = open.find(({ jobs }) =>
    jobs.some(({ id, status }) => status === "running" && id.includes(`@${environment}`)),
  );
  const more = asking ? `release ${asking.release} waits for approval` : busy ? `release ${busy.release} runs` : "";
  return [environment, what, more];
}

/** What a person is waited for, what nobody goes on with, what failed last. */
/** Letters move up when something has been answered, so each of them asks before it does anything. */
const answerChoice = (argv: string[], what: string): Choice => ({ argv, what, asks: what });

function waitingChoices({ open, runs }: StatusView): Choice[] {
  const now = Date.now();
  const answers = open.flatMap(({ run, approvals }) =>
    approvals
      .filter((approval) => !isTooLate(approval, now))
      .flatMap(({ environment, release }): Choice[] => [
        answerChoice(["approve", run, environment], `let release ${release} into ${environment}`),
        answerChoice(["reject", run, environment], `keep release ${release} out of ${environment}`),
      ]),
  );
  const left = open.filter(
    ({ runBy, approvals }) => runBy === undefined && approvals.every((approval) => isTooLate(approval, now)),
  );
  const resumes = left.map(
    ({ run, release }): Choice => ({ argv: ["resume", run], what: `go on with release ${release}` }),
  );
  const [newest] = runs;
  if (newest?.conclusion !== "failed") return [...answers, ...resumes];
  return [
    ...answers,
    ...resumes,
    { argv: ["retry", newest.run], what: `run what failed in release ${newest.release} again` },
    { argv: ["logs", newest.run], what: "what its jobs printed" },
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
    ...(order.length > 1
      ? [{ argv: ["run", "--to", last!], what: `through ${order.join(", ")}${asks}`, asks: `run it up to ${last}` }]
      : []),
    ...(isMany
      ? []
      : pipelines.map(({ name }) => ({
          argv: ["run", "--pipeline", name],
          what: `${name} alone, with what the others deployed`,
        }))),
  ];
}

function looks({ runs }: StatusView): Choice[] {
  if (runs.length === 0) return [];
  return [
    { argv: ["status"], what: "what is deployed and what runs" },
    { argv: ["outputs"], what: "addresses and other outputs" },
  ];
}

/** Services that the delivery is generated for, with all that can be asked of them; else what could be generated. */
function services({ root, repository }: Project): Choice[] {
  const written = platforms.filter(({ settingsFile, writing }) => {
    if (existsSync(join(root, settingsFile))) return true;
    const base = writing?.into.base === "repository" ? (repository ?? root) : root;
    return writing !== undefined && existsSync(join(base, writing.into.folder));
  });
  return [
    ...platforms.flatMap((one): Choice[] => {
      if (one.writing === undefined) return [];
      const { makes } = one.writing;
      const what = written.includes(one) ? `write the ${makes} anew` : `write ${makes}`;
      return [{ argv: ["generate", one.name], what }];
    }),
    ...platforms.flatMap(({ title, costs }): Choice[] =>
      costs === undefined ? [] : [{ argv: ["cost"], what: `what ${title}s cost a month` }],
    ),
    ...written.flatMap(({ name, live }): Choice[] =>
      live === undefined
        ? []
        : [
            { argv: ["doctor", "--on", name], what: `whether they can be put on ${live.place} from here, and how` },
            ...(live.can.includes("readiness")
              ? [{ argv: ["doctor", "--on", name, "--put"], what: `put them on ${live.place}, step by step` }]
              : []),
            { argv: ["status", "--on", name], what: `how they are on ${live.place}, and what waits for an answer` },
          ],
    ),
  ];
}
