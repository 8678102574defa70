/** "Why is this not running?": the chain of causes in words. Its place is in the address, so that it can be sent to whoever it names. */
import type { ComponentChildren } from "preact";
import { now } from "../data/live.ts";
import { approvalsSaid } from "../data/may.ts";
import { markOfWait } from "../data/states.ts";
import { roughly } from "../data/time.ts";
import { useView } from "../data/views.ts";
import type { Cause, Chain } from "../data/why.ts";
import { whyChain } from "../data/why.ts";
import type { Waits } from "../data/wire.ts";
import { go, query, runAddress, withQuery } from "../route.ts";
import { StateIcon } from "./icons.tsx";
import { Problems, Sheet } from "./parts.tsx";

/** The address that opens the panel where one is now. */
export const whyAddress = (run: string, subject: string) => withQuery({ why: `${run} ${subject}` });

export function WhyPanel() {
  const asked = query.value.get("why");
  if (asked === null) return null;
  const [run = "", ...rest] = asked.split(" ");
  const subject = rest.join(" ");
  return (
    <Sheet title={`Why is ${subject} not running?`} close={() => go(withQuery({ why: undefined }), { replace: true })}>
      <Why run={run} subject={subject} />
    </Sheet>
  );
}

function Why({ run, subject }: { run: string; subject: string }) {
  const { view, problem } = useView<Waits>("/api/waits", "");
  if (view === undefined) return <Problems problem={problem} />;
  const chain = whyChain(view.waiting, run, subject);
  if (chain.causes.length === 0) return <p>It waits for nothing any more: it runs, has ended, or its run is over.</p>;
  return (
    <ol class="why-chain">
      {chain.causes.map((cause) => (
        <Link key={`${cause.run} ${cause.subject}`} cause={cause} from={run} />
      ))}
      <End chain={chain} />
    </ol>
  );
}

function Link({ cause, from }: { cause: Cause; from: string }) {
  const { said, next } = sentence(cause, now.value);
  return (
    <li class={`why-link state-${markOfWait(cause.wait).state}`}>
      <StateIcon state={markOfWait(cause.wait).state} />
      <div>
        <p>
          <span class="chip">{cause.subject}</span>
          {cause.run !== from && <> of release {cause.release}</>} {said}
        </p>
        {next && <p>{next}</p>}
      </div>
    </li>
  );
}

function End({ chain: { end } }: { chain: Chain }) {
  if (end === undefined) return null;
  return (
    <li class="why-link why-root state-running">
      <StateIcon state="running" />
      <p>
        <a href={runAddress(end.run, end.job)}>
          <span class="chip">{end.job}</span>
        </a>{" "}
        is running now.
      </p>
    </li>
  );
}

interface Said {
  said: ComponentChildren;
  /** What would make it go on. */
  next?: ComponentChildren;
}

function sentence({ wait, run, release }: Cause, at: number): Said {
  switch (wait.kind) {
    case "jobs": {
      const [first, ...others] = wait.jobs;
      const more = others.length + wait.more;
      return {
        said: (
          <>
            comes after <span class="chip">{first}</span>
            {more > 0 && ` and ${more} more`}, which {more > 0 ? "have" : "has"} not ended.
          </>
        ),
      };
    }
    case "approval": {
      const who = wait.reviewers.length === 0 ? "somebody who may operate Baton" : wait.reviewers.join(" or ");
      const many = approvalsSaid(wait);
      const notBy = wait.notBy === undefined ? "" : `, and not by ${wait.notBy}, who asked for the run`;
      return {
        said: many === "" ? `needs an approval by ${who}${notBy}.` : `needs ${many}; by ${who}${notBy}.`,
        next: (
          <>
            <a href={`/approvals?run=${run}&environment=${wait.environment}`}>
              Answer for release {release} in {wait.environment}
            </a>
            {wait.expiresAt !== undefined &&
              (wait.expiresAt > at
                ? `. Unanswered in ${roughly(wait.expiresAt - at)}, it is rejected.`
                : ". The time for an answer is over.")}
          </>
        ),
      };
    }
    case "lock":
      return {
        said: `waits for its turn in ${wait.environment}: one deployment at a time, first come first served.`,
        next:
          wait.holder === undefined ? (
            "The turn is just changing hands."
          ) : (
            <>
              Run <a href={runAddress(wait.holder)}>{wait.holder}</a> is there now
              {wait.ahead > 0 && `, and ${wait.ahead} more ${wait.ahead === 1 ? "stands" : "stand"} before this one`}.
            </>
          ),
      };
    case "window":
      return {
        said: `waits for a change window of ${wait.environment}.`,
        next:
          wait.until > at
            ? `The next one opens in ${roughly(wait.until - at)}.`
            : "It is open: the turn is just given.",
      };
    case "freeze":
      return {
        said: `waits, because ${wait.by} froze ${wait.environment}: ${wait.reason}.`,
        next: wait.until > at ? `It ends in ${roughly(wait.until - at)}.` : "It is over: the turn is just given.",
      };
    case "rollback":
      return {
        said: `waits until ${wait.environment} has gone back to its last good release.`,
        next: (
          <>
            Run <a href={runAddress(wait.failed)}>{wait.failed}</a> failed there.
          </>
        ),
      };
    case "group":
      return { said: `waits for its concurrency group ${wait.group}, which something else is in.` };
    case "legs":
      return { said: "waits for another leg of its matrix, as not all of them may run at a time." };
    case "slot":
      return { said: "waits for a free place: as many jobs run as may at a time." };
    case "agent":
      return { said: `waits for an agent: ${wait.because}.` };
    case "owner":
      return {
        said: `waits for somebody who goes on with the run: ${wait.because}.`,
        next: <code>baton resume {run}</code>,
      };
    case "time": {
      const when = wait.until > at ? `in ${roughly(wait.until - at)}` : "now";
      if (wait.looks !== undefined) return { said: `has passed, and looks again ${when}: ${wait.looks} times more.` };
      return { said: `tries again ${when}, after it failed.` };
    }
    default:
      return wait satisfies never;
  }
}
