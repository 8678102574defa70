import { readFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import { FolderInUse, FolderUnwritable, startAgent, TurnedAway } from "../../agent/start-agent.ts";
import type { CommandModule } from "../command.ts";
import { exitCodes, Failure, UsageError } from "../problem.ts";
import { examples } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  command
    .description(
      "Run jobs of a baton server on this machine: those whose labels it has. It asks; nobody needs to reach it.",
    )
    .option("--url <URL>", "the server, as in https://baton.example.com")
    .option(
      "--labels <LABELS>",
      "what this machine has, as in linux,arm64: it takes a job when all labels of its runsOn are among them",
      "",
    )
    .option("--slots <N>", "how many jobs it runs at a time", "1")
    .option("--name <NAME>", "what the server calls it; a registered one is called as its token was")
    .option("--token-file <FILE>", "the one-time token that lets it register; else $BATON_AGENT_TOKEN")
    .option("--folder <DIR>", "its own, for files of jobs and its credential; default ~/.local/state/baton-agent")
    .option("--allow-plain-http", "to a server on another machine without TLS: whoever is between them reads secrets");
  examples(command, [
    ["baton agent --url https://baton.example.com --labels linux,arm64 --token-file token", "registers, and works"],
    ["baton agent --url https://baton.example.com --labels linux,arm64 --slots 4", "works again, four jobs at a time"],
  ]);
};

interface Options {
  url?: string;
  labels: string;
  slots: string;
  name?: string;
  tokenFile?: string;
  folder?: string;
  allowPlainHttp?: true;
}

export const run: CommandModule["run"] = async ({ terminal, options: given }) => {
  const options = given as unknown as Options;
  const { cwd, env } = terminal;
  const url = urlOf(options);
  const labels = labelsOf(options.labels);
  const slots = slotsOf(options.slots);
  const folder = resolve(cwd, options.folder ?? usualFolder(env));
  const token = () => tokenOf(options, terminal);
  const say = (line: string) => terminal.say(line);
  const { BATON_AGENT_TOKEN: _, ...jobEnv } = env;
  try {
    const asked = { url, labels, slots, folder, token, name: nameOf(options), env: jobEnv, say };
    const { agent, name, release } = await startAgent(asked);
    const stop = new AbortController();
    let signals = 0;
    const onSignal = () => {
      signals += 1;
      if (signals === 1) {
        say("takes no more jobs, and ends when those it has have ended; once more stops them");
        agent.drain();
      } else agent.giveUp();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
    terminal.print(`${name} takes jobs from ${url}: ${labels.join(", ") || "no labels"}, ${slots} at a time`);
    try {
      await agent.run();
    } finally {
      stop.abort();
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, onSignal);
      release();
    }
    return exitCodes.clean;
  } catch (error) {
    throw inWords(error, url);
  }
};

function inWords(error: unknown, url: string): unknown {
  if (error instanceof FolderInUse) {
    return new Failure(`another agent works in ${error.message}`, { next: "give each its own: --folder DIR" });
  }
  if (error instanceof FolderUnwritable) {
    return new Failure(`it cannot write down which jobs it has: ${error.message}`, {
      next: "make room there, or give it a folder that it may write, and start it anew",
    });
  }
  if (error instanceof TurnedAway)
    return new Failure(`${url}: ${error.message}`, { next: error.next ?? "baton agent --help" });
  return error;
}

function urlOf({ url: given, allowPlainHttp }: Options): string {
  if (given === undefined)
    throw new UsageError("which server?", { next: "baton agent --url https://baton.example.com" });
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "") {
    throw new UsageError(`--url ${given} is not the address of a server`, {
      next: "give scheme and name, as in https://baton.example.com",
    });
  }
  const isHere = /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  if (url.protocol === "http:" && !isHere && allowPlainHttp === undefined) {
    throw new UsageError(`--url ${given}: without TLS whoever is between them reads tokens and secrets`, {
      next: "put a proxy with TLS before the server (docs/serve.md), or say --allow-plain-http where the network is private",
    });
  }
  return url.origin;
}

function labelsOf(given: string): string[] {
  const labels = given.split(",").flatMap((text) => (text.trim() === "" ? [] : [text.trim()]));
  const wrong = labels.find((text) => !/^[\p{L}\p{N}][\p{L}\p{N}._:@+/-]{0,99}$/u.test(text));
  if (wrong === undefined && labels.length <= 50) return labels;
  throw new UsageError(
    `--labels ${given}: ${wrong === undefined ? "these are too many" : `"${wrong}" is not a label`}`,
    {
      next: "separate them by commas, as in --labels linux,arm64",
    },
  );
}

function slotsOf(given: string): number {
  const slots = Number(given);
  if (/^\d+$/.test(given) && slots >= 1 && slots <= 1000) return slots;
  throw new UsageError(`--slots ${given} is not a number of jobs`, { next: "give one from 1 to 1000" });
}

function nameOf({ name = hostname() }: Options): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u.test(name)) return name;
  throw new UsageError(`--name ${name} is not a name: letters, digits, blanks and . _ @ + -, at most 100`);
}

function tokenOf({ tokenFile }: Options, { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }): string | undefined {
  if (tokenFile === undefined) return env.BATON_AGENT_TOKEN;
  try {
    return readFileSync(resolve(cwd, tokenFile), "utf8").trim();
  } catch (error) {
    throw new UsageError(`--token-file ${tokenFile}: ${(error as Error).message}`, {
      next: "on the machine that serves: baton token create NAME --role agent",
    });
  }
}

/** What systemd gives a service of its own, else where programs keep what is no cache. */
function usualFolder(env: NodeJS.ProcessEnv): string {
  return env.STATE_DIRECTORY ?? join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "baton-agent");
}
