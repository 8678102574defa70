/** The whole delivery as a graph, as it is now: by pipelines or by jobs, with the way of one release through it. */
import "../run/run.css";
import "./map.css";
import { useMemo } from "preact/hooks";
import { duration } from "../../data/time.ts";
import { useView } from "../../data/views.ts";
import type { Board, Graph, GraphJob, MapOfAll, Release, Releases, Status } from "../../data/wire.ts";
import { Ago, Commit, Fact, Loading, Nothing, Problems, StateMark } from "../../parts/parts.tsx";
import { Search, wanted } from "../../parts/search.tsx";
import { go, query, releaseAddress, runAddress, withQuery } from "../../route.ts";
import { RunGraph } from "../run/graph.tsx";
import { type Facts, markOf } from "../run/node-state.ts";
import { jobGraph, mapFacts, pipelineGraph } from "./map-facts.ts";
import { turn, Zoom, zoom } from "./zoom.tsx";

/** Above this many jobs pipelines come first: nobody reads that many nodes at a time. */
const fewJobs = 60;

export function MapPage() {
  const { view: map, problem } = useView<MapOfAll>("/api/map", "");
  const { view: board } = useView<Board>("/api/board", "");
  const { view: status } = useView<Status>("/api/status?most=12", "");
  const { view: releases } = useView<Releases>("/api/releases?most=200", "");
  const way = query.value.get("release");
  const { view: release } = useView<Release>(way === null ? undefined : `/api/releases/${encodeURIComponent(way)}`, "");
  const asked = query.value.get("by");
  const byJobs = asked === "jobs" || (asked === null && map !== undefined && map.jobs.length <= fewJobs);
  const graph = useMemo(
    () => (map && board ? (byJobs ? jobGraph(map) : pipelineGraph(map, board)) : undefined),
    [map, board, byJobs],
  );
  const facts = useMemo(
    () => graph && board && mapFacts(graph, { board, open: status?.open ?? [], release }),
    [graph, board, status, release],
  );
  const words = wanted();
  const found = useMemo(() => (graph && words !== "" ? foundIn(graph, words) : []), [graph, words]);
  if (map === undefined || board === undefined || graph === undefined || facts === undefined) {
    return <Loading problem={problem} />;
  }
  if (map.jobs.length === 0) return <Nothing isPage title="The definition has no jobs" />;
  const chosen = query.value.get("node") ?? undefined;
  const node = graph.jobs.find(({ id }) => id === chosen);
  return (
    <div class="map">
      <header class="map-head">
        <h1>Map</h1>
        <nav class="choices" aria-label="Level of detail">
          <a href={withQuery({ by: "pipelines", node: undefined })} aria-current={byJobs ? undefined : "true"}>
            {map.pipelines.length} pipelines
          </a>
          <a href={withQuery({ by: "jobs", node: undefined })} aria-current={byJobs ? "true" : undefined}>
            {map.jobs.length} jobs
          </a>
        </nav>
        <Search page="Map" label="Search the map" found={found.length === 0 ? "none" : String(found.length)} />
        <Zoom />
        <label class="map-way">
          <span class="muted">Way of</span>
          <select
            value={way ?? ""}
            onChange={({ currentTarget: { value } }) =>
              go(withQuery({ release: value === "" ? undefined : value }), { replace: true })
            }
          >
            <option value="">no release</option>
            {releases?.releases.map(({ release, subject }) => (
              <option key={release} value={String(release)}>
                release {release} {subject}
              </option>
            ))}
          </select>
        </label>
      </header>
      <Problems problem={problem} />
      <div class={`map-columns ${node ? "" : "is-alone"}`}>
        <section class="panel map-graph" aria-label="All of the delivery">
          <RunGraph
            graph={graph}
            facts={words === "" ? facts : { ...facts, lit: new Set(found.map(({ id }) => id)) }}
            chosen={chosen}
            shows={found[0]?.id}
            zoom={zoom() / 100}
            turn={turn}
            choose={(id) => go(withQuery({ node: id === chosen ? undefined : id }), { replace: true })}
          />
        </section>
        {node && <Chosen node={node} map={map} board={board} facts={facts} />}
      </div>
    </div>
  );
}

/** By its name as it is read, with spaces for what stands between: `api prod`. */
function foundIn({ jobs }: Graph, text: string): readonly GraphJob[] {
  const words = text.split(/\s+/).filter(Boolean);
  return jobs.filter(({ id, job }) => words.every((word) => `${id} ${job}`.toLowerCase().includes(word)));
}

function Chosen({ node, map, board, facts }: { node: GraphJob; map: MapOfAll; board: Board; facts: Facts }) {
  const job = map.jobs.find(({ id }) => id === node.id);
  const cell = board.pipelines.find(({ name }) => name === node.pipeline)?.in[node.environment ?? ""];
  const needs = map.pipelines.find(({ name }) => name === node.pipeline)?.needs ?? [];
  return (
    <aside class="panel map-chosen" aria-label="What is chosen">
      <h2>
        {job ? `${node.pipeline}.${node.job}` : node.pipeline}
        {node.environment && <span class="muted"> in {node.environment}</span>}
      </h2>
      <StateMark filled mark={markOf(node, facts)} />
      <dl class="diff-values">
        {cell?.deployed && (
          <Fact name="There now">
            <a class="link" href={releaseAddress(cell.deployed.release)}>
              release {cell.deployed.release}
            </a>{" "}
            <Commit commit={cell.deployed.commit} />{" "}
            <span class="faint">
              <Ago at={cell.deployed.at} />
            </span>
          </Fact>
        )}
        {cell?.coming && (
          <Fact name={cell.coming.status === "running" ? "Deploying" : "On its way"}>
            <a class="link" href={runAddress(cell.coming.run)}>
              release {cell.coming.release}
            </a>
          </Fact>
        )}
        {cell?.failed && (
          <Fact name="Failed">
            <a class="link" href={runAddress(cell.failed.run, cell.failed.job)}>
              release {cell.failed.release}: see the log
            </a>
          </Fact>
        )}
        {!job && <Fact name="Needs">{needs.join(", ") || "nothing"}</Fact>}
        {job?.expectedMs !== undefined && <Fact name="Usually takes">{duration(job.expectedMs)}</Fact>}
        {job && job.reads.length > 0 && <Fact name="Reads">{job.reads.join(", ")}</Fact>}
        {job && job.uses.length > 0 && <Fact name="Takes files">{job.uses.join(", ")}</Fact>}
        {job && (
          <Fact name="Steps">
            <ol class="map-steps">
              {job.steps.map((step, at) => (
                <li key={`${at} ${step}`}>{step}</li>
              ))}
            </ol>
          </Fact>
        )}
      </dl>
    </aside>
  );
}
