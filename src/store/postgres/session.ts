import type { Client } from "pg";
import { StoreError } from "../store-error.ts";

/** One connection, which is one session of the database: its locks go with it. */
export interface DatabaseSession {
  /** The database without user and password, for what is said to people. */
  readonly place: string;
  /** @throws {StoreError} */
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[]; count: number }>;
  close(): Promise<void>;
}

/** How long to wait for a server that does not answer. */
const connectMs = 10_000;
/** How long it may work on one question; the driver gives up a little later where there is no answer at all. */
const queryMs = 60_000;

/**
 * For a session that writes. The server finds out within half a minute that a machine is gone, and lets go of its locks; and what
 * is said to be durable is, whatever the server's own habit.
 */
const settings = `
  set tcp_keepalives_idle = 10;
  set tcp_keepalives_interval = 5;
  set tcp_keepalives_count = 3;
  select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`;

/** Connects to `postgres://…`; what it does not say comes from PGPASSWORD, ~/.pgpass and their like. @throws {StoreError} */
export async function connect(url: string): Promise<DatabaseSession> {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new StoreError(
      "unreachable",
      "The address of a database begins with postgres://, and this one does not. Give one like postgres://baton@db.example.com/baton.",
    );
  }
  const client = clientOf(url, await loadDriver());
  const place = placeOf(client);
  // Whoever asks next is told; without a listener the process would end.
  client.on("error", () => {});
  const guarded = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    try {
      return await ask();
    } catch (error) {
      throw asDatabaseError(error, place);
    }
  };
  try {
    await guarded(async () => {
      await client.connect();
      await client.query(settings);
    });
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return {
    place,
    query: (text, values) =>
      guarded(async () => {
        const { rows, rowCount } = await client.query(text, values && [...values]);
        return { rows, count: rowCount ?? 0 };
      }),
    close: () => client.end().catch(() => {}),
  };
}

/** The host to which the connection goes over a network without TLS, or without looking who is there; undefined for all others. */
export function unprotectedHost(url: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const address = URL.parse(url);
  if (address === null) return undefined;
  const { searchParams } = address;
  const host = searchParams.get("host") ?? (address.hostname || env.PGHOST || "localhost");
  if (host.startsWith("/") || /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host)) return undefined;
  const mode = searchParams.get("sslmode") ?? env.PGSSLMODE ?? (searchParams.has("ssl") ? "require" : "disable");
  return ["disable", "allow", "no-verify"].includes(mode) ? host : undefined;
}

/** Installed by those who use it. */
async function loadDriver(): Promise<typeof import("pg")> {
  try {
    return await import("pg");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new StoreError(
      "no-driver",
      "PostgreSQL is spoken to by the package pg, which is not installed beside baton-cd. " +
        "Install it the same way: `npm install pg`, or `npm install --global pg`.",
      { cause: error },
    );
  }
}

function clientOf(url: string, driver: typeof import("pg")): Client {
  try {
    return new driver.Client({
      connectionString: url,
      application_name: "baton",
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: connectMs,
      statement_timeout: queryMs,
      query_timeout: queryMs + connectMs,
    });
  } catch (error) {
    // The address itself may hold a password.
    throw new StoreError(
      "unreachable",
      `The address of the database cannot be read (${(error as Error).message.replaceAll(url, "…")}). ` +
        "Give one like postgres://baton@db.example.com/baton, with %40 and the like for special characters.",
    );
  }
}

function placeOf({ host, port, database }: Client): string {
  const server = host.startsWith("/") ? host : `${host}${port === 5432 ? "" : `:${port}`}`;
  return `database ${database} on ${server}`;
}

/** Puts words to what the server and the driver say; anything else is a bug and is returned as it is. */
export function asDatabaseError(error: unknown, place: string): Error {
  if (error instanceof StoreError || !(error instanceof Error)) return error as Error;
  const { code = "" } = error as { code?: string };
  const because = { cause: error };
  const said = error.message;
  const told = (storeCode: StoreError["code"], text: string) => new StoreError(storeCode, text, because);
  if (/^28|SASL|password/.test(code || said)) {
    const name = place[0]!.toUpperCase() + place.slice(1);
    return told(
      "unreadable",
      `${name} lets this user not in (${said}). Name the user in the address, and give its password in PGPASSWORD or ~/.pgpass.`,
    );
  }
  switch (code) {
    case "3D000":
      return told("unreadable", `There is no ${place} (${said}). Make it with \`createdb\`, or name another.`);
    case "42501":
      return told(
        "unreadable",
        `The user may not do that in ${place} (${said}). Make it the owner of the schema baton, or give it the right to make one: \`grant create on database … to …\`.`,
      );
    case "25006":
      return told("unreadable", `${place} can only be read just now (${said}): nothing was changed. Name the primary.`);
    case "53100":
      return told(
        "disk-full",
        `The disk of ${place} is full: nothing more can be stored. Free some space, then try again.`,
      );
    case "55P03":
    case "57014":
      return told("busy", `${place} is locked by another program, or overloaded (${said}). End it and try again.`);
  }
  const isAway =
    /^(ECONN|EHOST|ENET|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|ENOENT|EACCES|08|57P0|53)/.test(code) ||
    /^(Connection terminated|timeout expired|Query read timeout|The server does not support SSL|Client (has encountered|was closed))/.test(
      said,
    );
  if (isAway) {
    return told(
      "unreachable",
      `There is no answer from ${place} (${said || code}). Look whether it runs and can be reached from here, then try again: what was not committed was not stored.`,
    );
  }
  return error;
}
