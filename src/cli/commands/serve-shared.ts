import type { Leading } from "../../control/local/servers/leading.ts";
import type { Project } from "../../control/project.ts";
import { UsageError } from "../problem.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface SharedOptions {
  database?: string;
  delivery?: string;
  reachAt?: string;
}

export interface Turn {
  leading: Leading;
  /** Where it listens from now on. */
  port: number;
}

/** One that people gave, or the address on which it listens. */
function addressOf(given: string | undefined, { host, port }: { host: string; port: number }): string {
  if (given === undefined) return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const url = URL.parse(given);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "") return url.origin;
  throw new UsageError(`--reach-at ${given} is not the address of a server`, {
    next: "give scheme, name and port, as in http://10.0.0.7:8787",
  });
}

/** @throws {UsageError} where a server that shares its journal would have to run jobs itself */
export function requireShareable({ agents }: { agents?: string | true | undefined }): void {
  if (agents === "all") return;
  throw new UsageError("--database: the machine of a server may go at any time, so jobs run on agents alone", {
    // Not the address that was given: it may hold a password, in more places than one.
    next: "baton serve --database postgres://… --agents all",
  });
}

/** Stands by until this server leads; undefined when it is stopped before that. What it stands in front of is told on the way. */
export async function standBy(
  terminal: Terminal,
  { database, delivery, reachAt }: SharedOptions & { database: string },
  {
    project,
    listen,
    stop,
    report,
    isOpenToOthers,
    requireSignIn,
  }: {
    project: Project;
    listen: { host: string; port: number };
    stop: AbortSignal;
    report(error: unknown): void;
    isOpenToOthers: boolean;
    requireSignIn(): Promise<void>;
  },
): Promise<Turn | undefined> {
  const [{ StandingBy, unprotectedHost }, { standInFront }, { loadDefinition }] = await Promise.all([
    import("../../control/local/servers/standing-by.ts"),
    import("../../server/stand-in-front.ts"),
    import("../../control/definition/load.ts"),
  ]);
  const { stateFolder, repository, file } = project;
  const name = delivery ?? (await loadDefinition(file, terminal)).name;
  const unprotected = unprotectedHost(database, terminal.env);
  if (unprotected !== undefined) {
    terminal.say(
      `Nothing protects the way to ${unprotected}: who is on it can read and change the journal. Add ?sslmode=verify-full to the address.`,
    );
  }
  let standing: InstanceType<typeof StandingBy> | undefined;
  const front = await standInFront({ listen, isOpenToOthers, leader: () => standing?.leader });
  const here = { host: listen.host, port: front.port };
  standing = new StandingBy({
    url: database,
    delivery: name,
    stateFolder,
    repository,
    reachAt: addressOf(reachAt, here),
    report,
  });
  terminal.print(addressOf(undefined, here));
  terminal.say(`stands by for the journal of ${name}; Ctrl-C stops it`);
  let leading: Leading | undefined;
  try {
    leading = await standing.lead(stop);
    if (leading !== undefined) await requireSignIn();
  } finally {
    await front.close();
  }
  return leading && { leading, port: front.port };
}
