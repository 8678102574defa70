/**
 * Keeps releases out of an environment for a while, or lets them in again before that is over; whoever may not still reads why.
 * Its place is in the address, as `?freeze=prod`.
 */
import { useState } from "preact/hooks";
import { now } from "../data/live.ts";
import { useMayOperate } from "../data/may.ts";
import { exactly, roughly } from "../data/time.ts";
import { ask, useView } from "../data/views.ts";
import type { Board, BoardEnvironment, Problem } from "../data/wire.ts";
import { go, query, withQuery } from "../route.ts";
import { Ago, Loading, Problems, ReasonField, Sheet, StateMark } from "./parts.tsx";

/** The address that opens it where one is now. */
export const freezeAddress = (environment: string) => withQuery({ freeze: environment });

const close = () => go(withQuery({ freeze: undefined }), { replace: true });

export function FreezePanel() {
  const asked = query.value.get("freeze");
  return asked === null ? null : <Panel named={asked} />;
}

function Panel({ named }: { named: string }) {
  const { view: board, problem } = useView<Board>("/api/board", "");
  const environment = board?.environments.find(({ name }) => name === named);
  return (
    <Sheet title={environment?.freeze ? `${named} is frozen` : `Freeze ${named}`} close={close}>
      {board === undefined ? (
        <Loading problem={problem} />
      ) : environment === undefined ? (
        <p>There is no environment of this name.</p>
      ) : environment.freeze ? (
        <Frozen environment={environment} freeze={environment.freeze} />
      ) : (
        <Freeze environment={environment} />
      )}
    </Sheet>
  );
}

/** Asks for it; the panel is closed when it is done. */
function useDeed(path: string) {
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setAsking] = useState(false);
  const act = async (body: unknown) => {
    setAsking(true);
    const done = await ask(path, body);
    setAsking(false);
    if ("problem" in done) setProblem(done.problem);
    else close();
  };
  return { act, problem, isAsking };
}

const hour = 3_600_000;
const spans = [
  ["1 hour", hour],
  ["4 hours", 4 * hour],
  ["1 day", 24 * hour],
  ["3 days", 72 * hour],
  ["1 week", 168 * hour],
] as const;

function Freeze({ environment: { name, holder } }: { environment: BoardEnvironment }) {
  const [chosen, setChosen] = useState<number>(1);
  const [reason, setReason] = useState("");
  const { act, problem, isAsking } = useDeed(`/api/environments/${encodeURIComponent(name)}/freeze`);
  const [said, ms] = spans[chosen]!;
  if (!useMayOperate()(name)) return <p>Nothing holds releases up there. You may not freeze it.</p>;
  return (
    <form
      class="deed"
      onSubmit={(event) => {
        event.preventDefault();
        void act({ until: Math.round(now.value + ms), reason: reason.trim() });
      }}
    >
      <p>
        Nothing begins to be deployed to <b>{name}</b> until it is over or somebody thaws it: what comes there waits,
        and says why.
        {holder && ` Release ${holder.release} deploys now and goes on to its end.`}
      </p>
      <label class="field">
        For
        <select value={String(chosen)} onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}>
          {spans.map(([words], index) => (
            <option key={words} value={String(index)}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <p class="faint">Until {exactly(now.value + ms)}</p>
      <ReasonField value={reason} onInput={setReason} />
      <Problems problem={problem} />
      <button type="submit" class="button button-first" disabled={isAsking || reason.trim() === ""}>
        Freeze {name} for {said}
      </button>
    </form>
  );
}

type FreezeNow = NonNullable<BoardEnvironment["freeze"]>;

function Frozen({ environment: { name }, freeze }: { environment: BoardEnvironment; freeze: FreezeNow }) {
  const [comment, setComment] = useState("");
  const { act, problem, isAsking } = useDeed(`/api/environments/${encodeURIComponent(name)}/thaw`);
  const mayOperate = useMayOperate();
  return (
    <form
      class="deed"
      onSubmit={(event) => {
        event.preventDefault();
        void act(comment.trim() === "" ? {} : { comment: comment.trim() });
      }}
    >
      <p>
        <StateMark filled mark={markOfFreeze(freeze)} />
      </p>
      <p>
        {freeze.by} froze it <Ago at={freeze.at} />: {freeze.reason}
      </p>
      <p class="faint">Until {exactly(freeze.until)}</p>
      {mayOperate(name) && (
        <>
          <ReasonField value={comment} onInput={setComment} />
          <Problems problem={problem} />
          <button type="submit" class="button button-first" disabled={isAsking}>
            Thaw {name}: what waits there goes on
          </button>
        </>
      )}
    </form>
  );
}

export function markOfFreeze({ until }: FreezeNow) {
  const left = until - now.value;
  return { state: "blocked", word: left > 0 ? `frozen, ${roughly(left)} left` : "frozen" } as const;
}
