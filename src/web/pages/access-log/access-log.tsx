/** Who asked this server for what, from where, and what came of it; also what was refused. */
import "./access-log.css";
import { useState } from "preact/hooks";
import { exactly } from "../../data/time.ts";
import { ask, useView } from "../../data/views.ts";
import type { AccessEntry, AccessPage, Problem } from "../../data/wire.ts";
import { Ago, Loading, Nothing, Problems, StateMark } from "../../parts/parts.tsx";
import { runAddress } from "../../route.ts";

/** An event of the journal comes with most of what is done: the newest page is asked again then. */
export function AccessLogPage() {
  const { view, problem } = useView<AccessPage>("/api/access-log?most=100", "");
  const [older, setOlder] = useState<AccessPage[]>([]);
  const [failed, setFailed] = useState<Problem>();
  if (view === undefined) return <Loading problem={problem} />;
  const last = older.at(-1) ?? view;
  const entries = [view, ...older].flatMap((page) => page.entries);
  const more = async () => {
    const answer = await ask<AccessPage>(`/api/access-log?most=100&before=${last.before}`);
    if ("problem" in answer) setFailed(answer.problem);
    else setOlder([...older, answer.view]);
  };
  return (
    <div class="access-page">
      <h1>Access log</h1>
      <Problems problem={failed ?? problem} />
      {entries.length === 0 ? (
        <Nothing title="Nobody has asked for anything here yet">
          <p>What is done or refused through this server is written down here. The journal has what commands did.</p>
        </Nothing>
      ) : (
        <div class="panel access-panel">
          <table class="rows access">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Came of it</th>
                <th scope="col">From</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry, index) => (
                <Row key={`${entry.at} ${index}`} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {last.before !== undefined && (
        <button type="button" class="button access-more" onClick={more}>
          Older
        </button>
      )}
    </div>
  );
}

function Row({ entry }: { entry: AccessEntry }) {
  const { at, by, token, from, status, code } = entry;
  const isDone = status < 400;
  return (
    <tr>
      <td class="faint" title={exactly(at)}>
        <Ago at={at} />
      </td>
      <td>
        {by ?? <span class="muted">nobody who is known</span>}
        {token !== undefined && <span class="faint mono"> {token}</span>}
      </td>
      <td>
        <Deed entry={entry} />
      </td>
      <td>
        {isDone ? (
          <StateMark mark={{ state: "passed", word: "done" }} />
        ) : (
          <StateMark mark={{ state: "failed", word: code ?? `refused, ${status}` }} />
        )}
      </td>
      <td class="mono muted">{from}</td>
    </tr>
  );
}

const said: Record<string, string> = {
  start: "start a run",
  cancel: "cancel",
  resume: "resume",
  retry: "retry",
  push: "run what was pushed",
  schedule: "run what is due",
  promotion: "promote, as it has soaked:",
  freeze: "freeze",
  thaw: "thaw",
  signIn: "sign in",
  signOut: "sign out",
  oidcCallback: "sign in with the provider",
};

function Deed({ entry: { asked, about } }: { entry: AccessEntry }) {
  const { run, environment, answer, kind, release, mode, to, env, pipelines, due } = about;
  const what =
    asked === "answer"
      ? answer === "rejected"
        ? "reject"
        : "approve"
      : asked === "move"
        ? kind === "rollback"
          ? "roll back"
          : "promote"
        : (said[asked] ?? asked);
  const where = environment ?? to ?? env;
  return (
    <>
      {what}
      {release !== undefined && ` release ${release}`}
      {run !== undefined && (
        <>
          {" "}
          <a class="link mono" href={runAddress(run)}>
            {run}
          </a>
        </>
      )}
      {where !== undefined && ` in ${where}`}
      {pipelines !== undefined && `: ${pipelines}`}
      {due !== undefined && <span class="muted">, due {due}</span>}
      {mode === "now" && ", at once"}
    </>
  );
}
