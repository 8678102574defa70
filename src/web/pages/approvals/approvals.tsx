/** What people are asked. Made for a phone: who asks, what would change, what was verified, and the answer. */
import "./approvals.css";
import { useState } from "preact/hooks";
import { now } from "../../data/live.ts";
import { approvalsSaid, useMayAnswer } from "../../data/may.ts";
import { roughly } from "../../data/time.ts";
import { ask, useView } from "../../data/views.ts";
import type { Approval, Approvals, Board, Problem, ReleaseDiff } from "../../data/wire.ts";
import { Diff } from "../../parts/diff.tsx";
import { Loading, Nothing, Problems, ReasonField, StateMark } from "../../parts/parts.tsx";
import { query, runAddress } from "../../route.ts";

export function ApprovalsPage() {
  const { view, problem } = useView<Approvals>("/api/approvals", "");
  if (view === undefined) return <Loading problem={problem} />;
  const [run, environment] = [query.value.get("run"), query.value.get("environment")];
  const isMeant = (one: Approval) => one.run === run && one.environment === environment;
  const list = view.approvals.toSorted((a, b) => Number(isMeant(b)) - Number(isMeant(a)));
  return (
    <div class="approvals">
      <h1>Approvals</h1>
      <Problems problem={problem} />
      {run !== null && !list.some(isMeant) && (
        <p class="muted" role="status">
          Run {run} does not ask for {environment} any more: it was answered, or the run is over.
        </p>
      )}
      {list.length === 0 ? (
        <Nothing title="Nobody waits for an answer">
          <p>When a release asks to go further, it shows up here and above the board.</p>
        </Nothing>
      ) : (
        list.map((one) => <Question key={`${one.run} ${one.environment}`} approval={one} />)
      )}
    </div>
  );
}

function Question({ approval }: { approval: Approval }) {
  const { run, release, environment, reviewers, expiresAt, message, pipelines, notBy } = approval;
  const may = useMayAnswer(approval);
  const many = approvalsSaid(approval);
  const { view: board } = useView<Board>("/api/board", "");
  const hasSome = board?.pipelines.some((pipeline) => pipeline.in[environment]?.deployed);
  const sides = new URLSearchParams({ from: environment, to: String(release) });
  const { view: diff } = useView<ReleaseDiff>(hasSome ? `/api/compare?${sides}` : undefined, "");
  return (
    <article class="panel question">
      <header>
        <StateMark filled mark={{ state: "asking", word: "needs approval" }} />
        {expiresAt !== undefined && (
          <span class="faint">
            {expiresAt > now.value ? `${roughly(expiresAt - now.value)} left` : "the time for an answer is over"}
          </span>
        )}
      </header>
      <h2>
        Release {release} to {environment}
      </h2>
      {message && <p class="message">{message}</p>}
      {diff ? (
        <section class="question-diff">
          <h3>What would change in {environment}</h3>
          <Diff diff={diff} />
        </section>
      ) : (
        <table class="changes">
          <caption>What would change in {environment}</caption>
          <tbody>
            {pipelines.map((pipeline) => {
              const now = board?.pipelines.find(({ name }) => name === pipeline)?.in[environment]?.deployed;
              return (
                <tr key={pipeline}>
                  <th scope="row">{pipeline}</th>
                  <td>{now ? now.release : "new"}</td>
                  <td class="faint" aria-hidden="true">
                    →
                  </td>
                  <td>
                    <b>{release}</b>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <p class="muted prose">
        {many && `It takes ${many}. `}
        {notBy !== undefined && `${notBy} asked for the run and may not approve it. `}
        {reviewers.length > 0 ? `Asked: ${reviewers.join(", ")}. ` : "Anybody who may operate Baton can answer. "}
        <a href={runAddress(run)}>What was verified before</a>
      </p>
      {may === "yes" || may === "own-run" || may === "approved-already" ? (
        // What was sent is of the question as it was: after one of two approvals it is open, and another one.
        <Answer key={approval.given?.length} approval={approval} no={may === "yes" ? undefined : may} />
      ) : (
        <p class="muted" role="note">
          {may === "no-role"
            ? `You may not answer for ${environment}: it takes the role approver there.`
            : `You are not asked: ${reviewers.join(", ")} ${reviewers.length === 1 ? "is" : "are"}.`}
        </p>
      )}
    </article>
  );
}

const whyNot = {
  "own-run": "You asked for this run: somebody else must approve it.",
  "approved-already": "You have approved it: somebody else must, too.",
};

/** `no`: why one cannot approve, but reject. */
function Answer({ approval, no }: { approval: Approval; no: keyof typeof whyNot | undefined }) {
  const { run, release, environment } = approval;
  const [comment, setComment] = useState("");
  const [sent, setSent] = useState<"approved" | "rejected">();
  const [problem, setProblem] = useState<Problem>();
  const answer = async (said: "approved" | "rejected") => {
    setSent(said);
    setProblem(undefined);
    const given = await ask(`/api/approvals/${encodeURIComponent(run)}/${encodeURIComponent(environment)}`, {
      answer: said,
      ...(comment.trim() !== "" && { comment: comment.trim() }),
    });
    if ("problem" in given) {
      setProblem(given.problem);
      setSent(undefined);
    }
  };
  return (
    <form class="answer" onSubmit={(event) => event.preventDefault()}>
      {no !== undefined && (
        <p class="muted" role="note">
          {whyNot[no]}
        </p>
      )}
      <ReasonField value={comment} onInput={setComment} />
      <Problems problem={problem} />
      <div class="answer-buttons">
        <button
          type="button"
          class="button button-first"
          disabled={sent !== undefined || no !== undefined}
          onClick={() => answer("approved")}
        >
          {sent === "approved" ? "Approved" : `Approve ${release} for ${environment}`}
        </button>
        <button type="button" class="button" disabled={sent !== undefined} onClick={() => answer("rejected")}>
          {sent === "rejected" ? "Rejected" : "Reject"}
        </button>
      </div>
    </form>
  );
}
