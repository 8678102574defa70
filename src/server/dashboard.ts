import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Problem } from "./wire/envelope.ts";

/** A file of the dashboard, as it is sent. */
interface Page {
  body: Uint8Array<ArrayBuffer>;
  type: string;
  /** Its name says what is in it, so it never changes. */
  isHashed: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** The dashboard's files are read once: an address is looked up among them and never becomes a path. */
export class Dashboard {
  readonly #pages = new Map<string, Page>();

  /** `isOfSeveral`: it says in its page that the server has several deliveries. */
  constructor(folder: string, { isOfSeveral = false } = {}) {
    for (const file of filesIn(folder)) {
      const type = types[extname(file)];
      if (type === undefined) continue;
      const address = `/${relative(folder, file).split(sep).join("/")}`;
      const isHashed = address.startsWith("/assets/");
      this.#pages.set(address, { body: new Uint8Array(readFileSync(file)), type, isHashed });
    }
    const page = this.#pages.get("/index.html");
    if (page === undefined || !isOfSeveral) return;
    const text = Buffer.from(page.body).toString();
    page.body = new TextEncoder().encode(text.replace("</head>", '<meta name="deliveries" content="several"></head>'));
  }

  /** Addresses without a file's ending are the dashboard's own: they are all its one page. */
  answer(path: string): Response | undefined {
    const page = this.#pages.get(path) ?? (extname(path) === "" ? this.#pages.get("/index.html") : undefined);
    if (page === undefined) return path === "/" ? withoutDashboard() : undefined;
    const cache = page.isHashed ? "public, max-age=31536000, immutable" : "no-cache";
    return new Response(page.body, { headers: { "content-type": page.type, "cache-control": cache } });
  }

  /** The one page, with why somebody was not signed in. */
  signInFailed(problem: Problem): string {
    const page = Buffer.from(this.#pages.get("/index.html")?.body ?? []).toString();
    const said = `<meta name="sign-in-problem" content="${escaped(JSON.stringify(problem))}">`;
    return page.includes("</head>") ? page.replace("</head>", () => `${said}</head>`) : escaped(problem.title);
  }
}

/** In an attribute of a page, where it is text and nothing else. */
export const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Beside the bundle, or below it where the sources run as they are. */
export function dashboardFolder(): string {
  const beside = fileURLToPath(new URL("./web/", import.meta.url));
  return isFolder(beside) && !import.meta.url.endsWith(".ts")
    ? beside
    : fileURLToPath(new URL("../../dist/web/", import.meta.url));
}

function filesIn(folder: string): string[] {
  if (!isFolder(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function withoutDashboard(): Response {
  const html = `<!doctype html><html lang="en"><title>Baton</title><p>The dashboard is not part of this build. The API is described at <a href="/openapi.json">/openapi.json</a>.</p></html>`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
}
