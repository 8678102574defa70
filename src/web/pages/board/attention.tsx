/** What somebody has to do something about, above the board, and only when there is something. */
import { releaseMeant } from "../../data/states.ts";
import type { Board, OpenRun, Status } from "../../data/wire.ts";
import { freezeAddress, markOfFreeze } from "../../parts/freeze.tsx";
import { StateIcon } from "../../parts/icons.tsx";
import { Ago } from "../../parts/parts.tsx";
import { runAddress } from "../../route.ts";

type Untold = NonNullable<Status["untold"]>[number];

interface Shown {
  board: Board;
  open: readonly OpenRun[];
  untold: readonly Untold[];
}

export function Attention({ board, open, untold }: Shown) {
  const asked = board.environments.flatMap(({ name, reviewers, asks }) =>
    asks.map((ask) => ({ ...ask, name, reviewers })),
  );
  const broken = board.pipelines.flatMap((pipeline) =>
    board.environments.flatMap(({ name }) => {
      const failed = pipeline.in[name]?.failed;
      return failed ? [{ ...failed, pipeline: pipeline.name, environment: name }] : [];
    }),
  );
  const left = open.filter((run) => run.runBy === undefined && run.status !== "awaiting-approval");
  const frozen = board.environments.flatMap(({ name, freeze }) => (freeze ? [{ name, freeze }] : []));
  const drifted = board.environments.flatMap(({ name, drift }) =>
    drift?.found === "differs" ? [{ name, drift }] : [],
  );
  const wrong = broken.length + left.length + drifted.length + untold.length;
  if (asked.length + wrong + frozen.length === 0) return null;
  return (
    <div class="attention">
      {frozen.length > 0 && (
        <section aria-label="Frozen">
          <h2>Frozen</h2>
          <ul>
            {frozen.map(({ name, freeze }) => (
              <li key={name} class="state-blocked">
                <StateIcon state="blocked" />
                <span>
                  <b>{name}</b> is {markOfFreeze(freeze).word}: {freeze.reason}
                  <span class="muted"> · {freeze.by}</span>
                </span>
                <a class="button" href={freezeAddress(name)}>
                  Open
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {asked.length > 0 && (
        <section aria-label="Waiting for you">
          <h2>Waiting for you</h2>
          <ul>
            {asked.map(({ run, release, name, reviewers }) => (
              <li key={`${run} ${name}`} class="state-asking">
                <StateIcon state="asking" />
                <span>
                  <b>Release {release}</b> asks to go to <b>{name}</b>
                  {reviewers.length > 0 && <span class="muted"> · {reviewers.join(", ")}</span>}
                </span>
                <a class="button" href={`/approvals?run=${run}&environment=${name}`}>
                  Review
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {wrong > 0 && (
        <section aria-label="Wrong now">
          <h2>Wrong now</h2>
          <ul>
            {broken.map(({ run, release, job, at, pipeline, environment }) => (
              <li key={`${run} ${job}`} class="state-failed">
                <StateIcon state="failed" />
                <span>
                  <b>{pipeline}</b> in <b>{environment}</b>: release {release} failed
                  <span class="muted">
                    {" "}
                    · <Ago at={at} />
                  </span>
                </span>
                <a class="button" href={runAddress(run, job)}>
                  See the log
                </a>
              </li>
            ))}
            {drifted.map(({ name, drift }) => (
              <li key={`drift ${name}`} class="state-failed">
                <StateIcon state="failed" />
                <span>
                  <b>{name}</b> is not as it was deployed: {drift.jobs.map(({ job }) => job).join(", ")}
                  <span class="muted">
                    {" "}
                    · <Ago at={drift.at} />
                  </span>
                </span>
                <code class="command">baton drift {name}</code>
              </li>
            ))}
            {untold.map(({ target, givenUp, failure }) => (
              <li key={`untold ${target}`} class="state-blocked">
                <StateIcon state="blocked" />
                <span>
                  <b>{target}</b> {givenUp === 0 ? "is not told yet" : `was not told of ${givenUp}`}
                  <span class="muted"> · {failure}</span>
                </span>
                <code class="command">baton notices</code>
              </li>
            ))}
            {left.map((run) => (
              <li key={run.run} class="state-blocked">
                <StateIcon state="blocked" />
                <span>
                  <b>Release {releaseMeant(run)}</b> is left: no process goes on with it
                </span>
                <a class="button" href={runAddress(run.run)}>
                  Open
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
