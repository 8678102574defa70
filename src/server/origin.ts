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

/**
 * Whatever a page of another site makes a browser send is refused; other programs send neither header. `isForLinks`: the address is
 * one that a link in a mail, or the provider where people sign in, may lead to, as it tells and changes nothing by itself.
 * @throws {Turned}
 */
export function requireOwnOrigin(request: Request, names: Names, isForLinks: boolean): void {
  const isSafe = request.method === "GET" || request.method === "HEAD";
  const site = request.headers.get("sec-fetch-site");
  const isFollowed = isForLinks && isNavigation(request);
  if (site !== null && site !== "same-origin" && !(isSafe && (site === "none" || isFollowed))) throw foreign();
  const origin = request.headers.get("origin");
  if (origin === null) return;
  if (isOwn(origin, request, names)) return;
  throw foreign();
}

/** Somebody follows a link in a window of its own; no frame, image or program. */
const isNavigation = ({ headers }: Request) =>
  headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document";

const isOwn = (origin: string, request: Request, names: Names) => origin === originOf(request, names);

/** Ours, as whoever asks knows it. What was reached by https was shown by https. Call it behind `requireOwnName`. */
export function originOf(request: Request, { publicUrl }: Names): string {
  const host = request.headers.get("host") ?? "";
  return publicUrl !== undefined && host.toLowerCase() === publicUrl.host ? publicUrl.origin : `http://${host}`;
}

const foreign = () =>
  new Turned({
    code: "foreign-origin",
    status: 403,
    title: "This was sent by a page of another site",
    next: "Use the dashboard that this server shows itself, or a program with a token",
  });
