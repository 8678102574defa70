/**
 * Who may talk to the server from a browser: its own pages, under its own names, and nobody else. A page of another site can
 * make a browser send requests here, and can give its own name this machine's address; neither gets any further.
 */

import { isIP } from "node:net";
import { Turned } from "./problem.ts";

export interface Names {
  /** `https://baton.example.com`, where a proxy serves it under another name. */
  publicUrl?: URL | undefined;
  /** It listens on a loopback address. */
  isLoopback: boolean;
}

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);

export const isLoopbackAddress = (host: string) =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/**
 * The name that a request was sent to must be one of the server's. A page whose own name was given this machine's address
 * (DNS rebinding) is known by it. @throws {Turned}
 */
export function requireOwnName(request: Request, names: Names): void {
  const host = request.headers.get("host") ?? "";
  if (host.toLowerCase() === names.publicUrl?.host) return;
  const name = /^(\[[0-9a-f:]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
  if (name !== undefined) {
    if (names.isLoopback && loopbackNames.has(name)) return;
    // A name that is an address cannot be pointed elsewhere.
    if (!names.isLoopback && isIP(name.replace(/^\[|\]$/g, "")) !== 0) return;
  }
  throw new Turned({
    code: "foreign-host",
    status: 421,
    title: "This server does not answer to that name",
    next: "Open it under the address that it printed, or start it with --public-url and this name",
  });
}

/** Whatever a page of another site makes a browser send is refused; other programs send neither header. @throws {Turned} */
export function requireOwnOrigin(request: Request, names: Names): void {
  const isSafe = request.method === "GET" || request.method === "HEAD";
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && !(isSafe && site === "none")) throw foreign();
  const origin = request.headers.get("origin");
  if (origin === null) return;
  if (isOwn(origin, request, names)) return;
  throw foreign();
}

function isOwn(origin: string, request: Request, { publicUrl }: Names): boolean {
  const host = request.headers.get("host");
  // What was reached by https was shown by https.
  if (publicUrl !== undefined && host?.toLowerCase() === publicUrl.host) return origin === publicUrl.origin;
  return host !== null && origin === `http://${host}`;
}

const foreign = () =>
  new Turned({
    code: "foreign-origin",
    status: 403,
    title: "This was sent by a page of another site",
    next: "Use the dashboard that this server shows itself, or a program with a token",
  });
