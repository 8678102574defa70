import { useView } from "../../data/views.ts";
import type { Runs, Status } from "../../data/wire.ts";
import { Loading, Nothing, Problems } from "../../parts/parts.tsx";
import { RunTable } from "./run-table.tsx";

/** All runs that the journal tells at a glance. */
export function RunsPage() {
  const { view, problem } = useView<Runs>("/api/runs?most=200", "");
  const { view: status } = useView<Status>("/api/status?most=12", "");
  if (view === undefined) return <Loading problem={problem} />;
  return (
    <div class="runs-page">
      <h1>Runs</h1>
      <Problems problem={problem} />
      {view.runs.length === 0 ? (
        <Nothing title="Nothing ran yet">
          <p>A run shows up here the moment it begins, wherever it was started.</p>
          <code class="command">baton run</code>
        </Nothing>
      ) : (
        <RunTable runs={view.runs} open={status?.open ?? []} />
      )}
    </div>
  );
}
