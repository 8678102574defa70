/**
 * A promotion or rollback before it is one: what goes, what stays, what is between, and what cannot be undone. What was
 * looked at is what is done: the server starts no other plan than this one. Its place is in the address, as `?move=promotion prod 4`.
 */
import "./move.css";
import { useEffect, useState } from "preact/hooks";
import { ask } from "../data/views.ts";
import type { MovePreview, MoveRequest, Problem } from "../data/wire.ts";
import { go, query, runAddress, withQuery } from "../route.ts";
import { Diff } from "./diff.tsx";
import { StateIcon } from "./icons.tsx";
import { Loading, Problems, ReasonField, Sheet } from "./parts.tsx";

/** The address that opens it where one is now; without a release, the newest that may go there or the last good one. */
export const moveAddress = (kind: MoveRequest["kind"], to: string, release?: number) =>
  withQuery({ move: [kind, to, release].filter((word) => word !== undefined).join(" ") });

export function MovePanel() {
  const asked = query.value.get("move");
  if (asked === null) return null;
  const [kind, to = "", release] = asked.split(" ");
  const request: MoveRequest = {
    kind: kind === "rollback" ? "rollback" : "promotion",
    to,
    ...(release !== undefined && { release }),
  };
  const close = () => go(withQuery({ move: undefined }), { replace: true });
  return (
    <Sheet title={request.kind === "promotion" ? `Promote to ${to}` : `Roll back ${to}`} close={close}>
      <Move key={asked} request={request} />
    </Sheet>
  );
}

function Move({ request }: { request: MoveRequest }) {
  const [preview, setPreview] = useState<MovePreview>();
  const [problem, setProblem] = useState<Problem>();
  const look = async () => {
    setProblem(undefined);
    const answer = await ask<MovePreview>("/api/moves/plan", request);
    if ("problem" in answer) setProblem(answer.problem);
    else setPreview(answer.view);
  };
  useEffect(() => void look(), []);
  if (preview === undefined) {
    return <Loading problem={problem} />;
  }
  return <Question request={request} preview={preview} again={look} />;
}

interface Asking {
  request: MoveRequest;
  preview: MovePreview;
  /** Looks anew at what would change. */
  again(): Promise<void>;
}

function Question({ request, preview, again }: Asking) {
  const { move, plan, preview: planned } = preview;
  const { kind, release, to } = move;
  const [comment, setComment] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setAsking] = useState(false);
  const act = async () => {
    setAsking(true);
    const said = comment.trim();
    // The release that was looked at, also where none was named.
    const named = { ...request, release: String(release), plan, ...(said !== "" && { comment: said }) };
    const done = await ask<{ run: string }>("/api/moves", named);
    setAsking(false);
    if ("problem" in done) setProblem(done.problem);
    else go(runAddress(done.view.run));
  };
  const lookAgain = async () => {
    setProblem(undefined);
    await again();
  };
  const [approval] = planned.approvals;
  return (
    <form
      class="move"
      onSubmit={(event) => {
        event.preventDefault();
        void act();
      }}
    >
      <Summary move={move} />
      <Sets move={move} />
      {move.changes && (
        <section>
          <h3>What is different from what {to} has</h3>
          <Diff diff={move.changes} />
        </section>
      )}
      <Warnings move={move} />
      <ReasonField value={comment} onInput={setComment} />
      {approval && (
        <p class="muted">
          {to} then asks {approval.reviewers.join(" or ") || "for an answer"} before anything changes.
        </p>
      )}
      <Problems problem={problem} />
      <div class="move-buttons">
        {problem ? (
          <button type="button" class="button button-first" onClick={lookAgain}>
            Look again
          </button>
        ) : (
          <button type="submit" class="button button-first" disabled={isAsking}>
            {kind === "promotion" ? `Promote ${release} to ${to}` : `Roll ${to} back to ${release}`}
          </button>
        )}
      </div>
    </form>
  );
}

type Shown = MovePreview["move"];

function Summary({ move: { kind, release, to, provenIn, here } }: { move: Shown }) {
  return (
    <div class="move-summary">
      <p class="move-way">
        <span class="muted">{to}</span>
        {here ? (
          <span>
            {here.release}
            {here.isPart && <span class="muted"> in part</span>}
          </span>
        ) : (
          <span class="muted">nothing</span>
        )}
        <span class="muted" aria-hidden="true">
          →
        </span>
        <span class="hidden-text">gets</span>
        <b>{release}</b>
      </p>
      <p class="muted">
        {kind === "promotion"
          ? `Proven in ${provenIn}, with exactly these files.`
          : `It was in ${to} as a whole before. It goes back as the same set, with the same files.`}
      </p>
    </div>
  );
}

/** Pipelines with what is said of each: those of one reason stand together. */
function Sets({ move: { pipelines, files } }: { move: Shown }) {
  const going = pipelines.filter(({ goes }) => goes);
  const staying = [
    ...Map.groupBy(
      pipelines.filter(({ goes }) => !goes),
      ({ why }) => why,
    ),
  ];
  return (
    <dl class="move-sets">
      <div>
        <dt>Deployed</dt>
        <dd>
          {going.length === 0 ? <span class="muted">nothing</span> : <Chips of={going} />}
          {files.length > 0 && (
            <p class="muted">
              {files.length === 1 ? "1 set of files" : `${files.length} sets of files`} as they are, by digest
            </p>
          )}
        </dd>
      </div>
      {staying.map(([why, pipelines]) => (
        <div key={why}>
          <dt>Stays</dt>
          <dd>
            <Chips of={pipelines} />
            <p class="muted">{why}</p>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Chips({ of }: { of: readonly { pipeline: string }[] }) {
  return (
    <span class="chips">
      {of.map(({ pipeline }) => (
        <span key={pipeline} class="chip">
          {pipeline}
        </span>
      ))}
    </span>
  );
}

function Warnings({
  move: { kind, release, to, takesBack, takenBackBy, irreversible, undoes, apart },
}: {
  move: Shown;
}) {
  return (
    <ul class="move-warnings">
      {apart.map(({ pipeline, other }) => (
        <li key={`${pipeline} ${other}`} class="state-asking">
          <StateIcon state="asking" />
          <span>
            <b>{pipeline}</b> will stand beside another version of <b>{other}</b> than it was proven with.
          </span>
        </li>
      ))}
      {irreversible.map(({ release: of, job, does }) => (
        <li key={`${of} ${job}`} class="state-asking">
          <StateIcon state="asking" />
          <span>
            {job} of release {of} {does}, and{" "}
            {kind === "rollback" ? "this does not undo it" : "no rollback undoes that"}.
          </span>
        </li>
      ))}
      {undoes.length > 0 && (
        <li class="state-waiting">
          <StateIcon state="cancelled" />
          <span>
            First this undoes {undoes.map(({ release: of, job }) => `release ${of} (${job})`).join(", then ")}.
          </span>
        </li>
      )}
      {takenBackBy && (
        <li class="state-asking">
          <StateIcon state="asking" />
          <span>
            Release {release} was taken back from {to} once, by run <a href={runAddress(takenBackBy)}>{takenBackBy}</a>.
          </span>
        </li>
      )}
      {takesBack.length > 0 && (
        <li class="state-asking">
          <StateIcon state="cancelled" />
          <span>
            {takesBack.length === 1 ? `Release ${takesBack[0]} is` : `Releases ${takesBack.join(", ")} are`} taken back:
            nothing goes to {to} from there again by itself.
          </span>
        </li>
      )}
      <li class="state-waiting">
        <StateIcon state="cancelled" />
        <span>
          {kind === "rollback"
            ? "What newer releases did to data stays done: a schema that was changed, rows that were deleted."
            : "Jobs that deploy run again there. What they do to data is not undone by a rollback."}
        </span>
      </li>
    </ul>
  );
}
