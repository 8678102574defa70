import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { parseDuration } from "../../model/duration.ts";
import { type OidcSettings, readOidcSettings } from "../../server/access/oidc-settings.ts";
import { Failure, UsageError } from "../problem.ts";
import { problemIn } from "../refusals.ts";
import type { ConfigOptions } from "./options.ts";

/** As they are given, before anything of them is believed. */
export interface Options extends ConfigOptions {
  port: string;
  host: string;
  trustedProxy?: string[];
  publicUrl?: string;
  secretsFile?: string;
  deliver?: string[];
  drift?: string;
  webhookSecretFile?: string;
  oidc?: string;
  oidcSecretFile?: string;
  agents?: true | string;
  agentLease: string;
  database?: string;
  delivery?: string;
  reachAt?: string;
  deliveries?: string;
}

/** Undefined where nobody asked for it. @throws {UsageError} */
export function driftEvery(drift: string | undefined): number | undefined {
  if (drift === undefined) return undefined;
  const ms = parseDuration(drift);
  if (ms !== undefined && ms >= 60_000) return ms;
  throw new UsageError(`--drift ${drift} is not a time of a minute or more`, { next: "baton serve --drift 6h" });
}

export function reportLines(error: unknown): string[] {
  const problem = problemIn(error);
  if (problem === undefined)
    return (error instanceof Error ? (error.stack ?? error.message) : String(error)).split("\n");
  return [problem.message, ...(problem.next === undefined ? [] : [`  next: ${problem.next}`])];
}

export function urlOf(given: string | undefined): URL | undefined {
  if (given === undefined) return undefined;
  const url = URL.parse(given);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "") return url;
  throw new UsageError(`--public-url ${given} is not the address of a server`, {
    next: "give scheme and name, as in https://baton.example.com; it is served at the root",
  });
}

/** The first line of it. */
export function secretIn(file: string, { cwd, option, least }: { cwd: string; option: string; least: number }): string {
  const secret = textOf(file, { cwd, option, next: makesSecret(file) })
    .split("\n")[0]!
    .trim();
  if (secret.length >= least) return secret;
  throw new UsageError(`${option} ${file}: a secret has at least ${least} characters`, { next: makesSecret(file) });
}

const makesSecret = (file: string) => `openssl rand -hex 32 > ${file}`;

function textOf(file: string, { cwd, option, next }: { cwd: string; option: string; next: string }): string {
  try {
    return readFileSync(resolve(cwd, file), "utf8");
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${(error as Error).message}`, { next });
  }
}

/** Undefined where people sign in with tokens alone. @throws {UsageError} */
export function oidcOf({ oidc: file, oidcSecretFile }: Options, cwd: string): OidcSettings | undefined {
  const next = "docs/serve.md has such a file";
  if (file === undefined) {
    if (oidcSecretFile === undefined) return undefined;
    throw new UsageError("--oidc-secret-file: without --oidc FILE nothing takes it", { next });
  }
  const text = textOf(file, { cwd, option: "--oidc", next });
  let given: unknown;
  try {
    given = parse(text);
  } catch (error) {
    throw new UsageError(`--oidc ${file}: ${(error as Error).message.split("\n")[0]}`, { next });
  }
  const read = readOidcSettings(given);
  if ("problem" in read) throw new UsageError(`--oidc ${file}: ${read.problem}`, { next });
  const secret = oidcSecretFile && secretIn(oidcSecretFile, { cwd, option: "--oidc-secret-file", least: 1 });
  return { ...read.settings, secret };
}

/** Undefined: as it is when nobody says. */
export function proxiesOf<P>(
  { trustedProxy }: Options,
  Proxies: new (addresses: readonly string[]) => P,
): P | undefined {
  if (trustedProxy === undefined) return undefined;
  try {
    return new Proxies(trustedProxy);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--trusted-proxy ${error.message} is no address and no network`, {
      next: "baton serve --trusted-proxy 10.0.0.4 --trusted-proxy fd00::/8",
    });
  }
}

export function portOf(given: string): number {
  const port = Number(given);
  if (/^\d+$/.test(given) && port <= 65_535) return port;
  throw new UsageError(`--port ${given} is not a port`, { next: "give a number from 1 to 65535, or 0 for a free one" });
}

export function cannotListen(
  { code, message }: NodeJS.ErrnoException,
  { address, port }: { address: string; port: string },
) {
  if (code === "EADDRINUSE") {
    return new Failure(`something else listens on ${address}:${port} already`, { next: "baton serve --port 0" });
  }
  if (code === "EACCES") {
    return new Failure(`nobody but root may listen on port ${port} here`, { next: "baton serve --port 8787" });
  }
  return new Failure(`it cannot listen on ${address}:${port}: ${message}`, { next: "baton serve" });
}

/** @throws {UsageError} where others would reach a server at which nobody can sign in */
export async function requireSignIn(
  { host }: Pick<Options, "host">,
  {
    listen,
    publicUrl,
    oidc,
    stateFolder,
  }: {
    listen: { host: string; port: number };
    publicUrl: URL | undefined;
    oidc: OidcSettings | undefined;
    stateFolder: string;
  },
): Promise<void> {
  const [{ isOpenToOthers }, { AccessStore }] = await Promise.all([
    import("../../server/serve.ts"),
    import("../../server/access/access-store.ts"),
  ]);
  if (!isOpenToOthers({ listen, publicUrl }) || oidc !== undefined || new AccessStore(stateFolder).hasPeople) return;
  const option = publicUrl === undefined ? `--host ${host}` : `--public-url ${publicUrl.origin}`;
  throw new UsageError(`${option}: others would reach it, and nobody can sign in yet`, {
    next: `baton token create NAME --role viewer  makes the first token; without ${option.split(" ")[0]} only this machine is served`,
  });
}
