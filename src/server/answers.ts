import type { Asked } from "../control/control.ts";
import type { Host, LogsRequest, LogsView } from "../control/host.ts";
import { preview, previewMove } from "./deeds.ts";
import { noticeOf } from "./feed.ts";
import { refusalResponse } from "./problem.ts";
import { type Question, type Sources, uncached } from "./question.ts";
import { eventStream, logStream, logText } from "./streams.ts";
import type { Viewer } from "./viewers.ts";
import type { Envelope, LogPage } from "./wire/envelope.ts";
import type { DeedName, HookName, RouteName, SessionName } from "./wire/routes.ts";

type Answering<Name extends RouteName> = (question: Question<Name>, sources: Sources) => Promise<Response> | Response;

/** How each route is answered: what the host says, in an envelope. */
export const answers: { [Name in Exclude<RouteName, DeedName | HookName | SessionName>]: Answering<Name> } = {
  status: ({ query: { most } }, sources) => view(sources, `status ${most}`, (host) => host.status({ most })),
  runs: ({ query: { most } }, sources) => view(sources, `runs ${most}`, (host) => host.runs({ most })),
  run: ({ params, query: { at } }, sources) =>
    view(sources, `run ${params.run} ${at ?? ""}`, (host) => host.run(runNamed(params), { at })),
  runEvents: ({ params }, sources) =>
    view(sources, `events ${params.run}`, async (host) => {
      const asked = await host.events(runNamed(params));
      return asked.ok ? { ok: true, value: { version: 1, events: asked.value.map(noticeOf) } } : asked;
    }),
  graph: ({ params }, sources) => view(sources, `graph ${params.run}`, (host) => host.graph(runNamed(params))),
  board: ({ query: { at } }, sources) => view(sources, `board ${at ?? ""}`, (host) => host.board({ at })),
  map: (_, sources) => view(sources, "map", (host) => host.map()),
  findings: async (_, { host, reads }) => shown(await reads.readFiles("findings", () => host.findings())),
  settings: (_, sources) => view(sources, "settings", (host) => host.settings()),
  waits: (_, sources) => view(sources, "waits", (host) => host.waits()),
  approvals: (_, sources) => view(sources, "approvals", (host) => host.approvals()),
  outputs: ({ query: { environment } }, sources) =>
    view(sources, `outputs ${environment ?? ""}`, (host) => host.outputs(environment)),
  releases: ({ query: { most } }, sources) => view(sources, `releases ${most}`, (host) => host.releases({ most })),
  release: ({ params: { release }, query: { at } }, sources) =>
    view(sources, `release ${release} ${at ?? ""}`, (host) =>
      host.release(release === "newest" ? undefined : release, { at }),
    ),
  compare: ({ query: { from, to } }, sources) =>
    view(sources, `compare ${JSON.stringify([from, to])}`, (host) => host.compare({ from, to })),
  report: async ({ query: { days } }, { host, reads }) =>
    shown(
      await reads.readFiles(`report ${days}`, () => {
        const until = Date.now();
        return host.report({ since: until - days * dayMs, until });
      }),
    ),
  async logs({ params, query: { attempt, from, at, most } }, { host, feed }) {
    const asOf = feed.seq;
    const asked = await host.logPage({ ...ofJob(params), attempt, from: at ?? from, most });
    if (!asked.ok) return refusalResponse(asked.refusal);
    const { job = "", isOver, end, ...page } = asked.value;
    const kind = end.kind === "complete" && !isOver ? "underway" : end.kind;
    const shown: LogPage = { ...page, job, end: kind };
    return json({ version: 1, asOf, at: Date.now(), view: shown });
  },
  logText: ({ params, query: { attempt }, request }, sources) =>
    lines({ ...ofJob(params), attempt, follow: false }, { request, sources }, (logs, viewer) =>
      logText(logs, { viewer, report: sources.report }),
    ),
  logStream: ({ params, query: { attempt, from }, request }, sources) => {
    const last = lastEventId(request);
    const begin = last === undefined ? from : last + 1;
    return lines({ ...ofJob(params), attempt, follow: true, from: begin }, { request, sources }, (logs, viewer) =>
      logStream(logs, { from: begin, viewer }),
    );
  },
  async metrics(_, sources) {
    const asked = await sources.metrics.text(sources);
    if (!asked.ok) return refusalResponse(asked.refusal);
    return new Response(asked.value, { headers: { ...uncached, "content-type": "text/plain; version=0.0.4" } });
  },
  accessLog: async ({ query }, { accessLog }) => Response.json(await accessLog.page(query), { headers: uncached }),
  plan: async ({ body }, { host }) => previewed(await preview(body, host)),
  planMove: async ({ body }, { host }) => previewed(await previewMove(body, host)),
  events: ({ query: { after }, request }, { feed, stopping, viewers }) =>
    eventStream(feed, { after: lastEventId(request) ?? after, viewer: viewers.enter(request.signal, stopping) }),
};

async function lines(
  wanted: LogsRequest,
  { request, sources: { host, stopping, viewers } }: { request: Request; sources: Sources },
  answer: (logs: LogsView, viewer: Viewer) => Response,
): Promise<Response> {
  const viewer = viewers.enter(request.signal, stopping);
  const asked = await host.logs({ ...wanted, signal: viewer.signal });
  if (asked.ok) return answer(asked.value, viewer);
  viewer.leave();
  return refusalResponse(asked.refusal);
}

async function view<View>(
  { host, reads }: Sources,
  key: string,
  ask: (host: Host) => Promise<Asked<View>>,
): Promise<Response> {
  return shown(await reads.read(key, () => ask(host)));
}

function shown(asked: Asked<Envelope<unknown>>): Response {
  return asked.ok ? json(asked.value) : refusalResponse(asked.refusal);
}

function previewed(asked: Asked<unknown>): Response {
  return asked.ok ? Response.json(asked.value, { headers: uncached }) : refusalResponse(asked.refusal);
}

function json<View>(answer: Envelope<View>): Response {
  return Response.json(answer, { headers: uncached });
}

const dayMs = 24 * 60 * 60_000;

const runNamed = ({ run }: Readonly<Record<string, string>>) => (run === "newest" ? undefined : run);

function ofJob(params: Readonly<Record<string, string>>): Pick<LogsRequest, "words"> {
  return { words: [runNamed(params), params.job] };
}

function lastEventId(request: Request): number | undefined {
  const given = request.headers.get("last-event-id");
  return given !== null && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}
