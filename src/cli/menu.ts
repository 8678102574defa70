import { createInterface } from "node:readline/promises";
import { openJournal } from "./journal.ts";
import { findPlace } from "./place.ts";
import { Failure, UsageError } from "./problem.ts";
import type { Terminal } from "./terminal/terminal.ts";

interface Choice {
  argv: string[];
  what: string;
}

/** `baton` alone on a terminal: the commands that make sense now, to be chosen by number. */
export async function offerMenu(terminal: Terminal): Promise<string[] | undefined> {
  const choices = choicesFor(terminal);
  const { err } = terminal;
  terminal.say("What would you like to do?", "");
  const width = Math.max(...choices.map(({ argv }) => argv.join(" ").length));
  choices.forEach(({ argv, what }, at) => {
    terminal.say(`  ${err.strong(String(at + 1))}  baton ${argv.join(" ").padEnd(width)}  ${err.faint(what)}`);
  });
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    for (;;) {
      const answer = (await lines.question(`\nnumber, or Enter to leave: `)).trim();
      if (answer === "" || answer === "q") return undefined;
      const chosen = choices[Number(answer) - 1];
      if (chosen) return chosen.argv;
      terminal.say(`there is no ${answer}`);
    }
  } catch (error) {
    // Ctrl-C or Ctrl-D at the question.
    if ((error as { code?: string }).code === "ABORT_ERR") return undefined;
    throw error;
  } finally {
    lines.close();
  }
}

function choicesFor(terminal: Terminal): Choice[] {
  const plan = { argv: ["plan"], what: "what a run would do, and why" };
  const run = { argv: ["run"], what: "do it" };
  const help = { argv: ["--help"], what: "every command" };
  try {
    using journal = openJournal(findPlace(terminal, {}));
    const [newest] = journal?.runs() ?? [];
    if (!newest) return [plan, run, { argv: ["doctor"], what: "whether this machine has what it needs" }, help];
    const choices: Choice[] = [];
    if (newest.conclusion === undefined) choices.push({ argv: ["resume"], what: `go on with run ${newest.run}` });
    if (newest.conclusion === "failed") {
      choices.push({ argv: ["retry"], what: `run what failed in ${newest.run} again` });
      choices.push({ argv: ["logs"], what: "what its jobs printed" });
    }
    const status = { argv: ["status"], what: "what is deployed and what runs" };
    return [...choices, status, plan, run, { argv: ["outputs"], what: "addresses and other outputs" }, help];
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof Failure)) throw error;
    return [{ argv: ["doctor"], what: "what is missing here" }, help];
  }
}
