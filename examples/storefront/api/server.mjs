// The shop: JSON under /api, the deployed site under /. Configured by the environment: PORT, DATABASE_PATH, SITE_ROOT, RELEASE.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { listProducts, placeOrder } from "./products.mjs";

const { PORT, DATABASE_PATH, SITE_ROOT, RELEASE } = process.env;
const database = new DatabaseSync(DATABASE_PATH);
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json" };

function sendJson(response, { status, body }) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

async function serveApi(request, response) {
  const route = `${request.method} ${request.url}`;
  if (route === "GET /api/health") return sendJson(response, { status: 200, body: { release: RELEASE } });
  if (route === "GET /api/products") return sendJson(response, { status: 200, body: listProducts(database) });
  if (route === "POST /api/orders") {
    try {
      return sendJson(response, { status: 201, body: placeOrder(database, await readJson(request)) });
    } catch (error) {
      return sendJson(response, { status: 400, body: { error: error.message } });
    }
  }
  sendJson(response, { status: 404, body: { error: `nothing at ${request.url}` } });
}

function serveSite(request, response) {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://site").pathname));
  const file = join(SITE_ROOT, "current", path.endsWith(sep) ? join(path, "index.html") : path);
  if (!file.startsWith(join(SITE_ROOT, "current") + sep) || !existsSync(file)) {
    return sendJson(response, { status: 404, body: { error: `nothing at ${request.url}` } });
  }
  response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}

const server = createServer((request, response) =>
  request.url.startsWith("/api/") ? serveApi(request, response) : serveSite(request, response),
);
server.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit(0)).closeAllConnections());
