/** What is between two releases, by pipeline: commits, definition, files and outputs. What is the same is named in one line. */
import "./diff.css";
import type { PipelineDiff, ReleaseDiff } from "../data/wire.ts";
import { Ago, Commit, Fact } from "./parts.tsx";

export function Diff({ diff: { pipelines, settings } }: { diff: ReleaseDiff }) {
  const same = pipelines.filter(({ change }) => change === "same").map(({ pipeline }) => pipeline);
  const others = pipelines.filter(({ change }) => change !== "same");
  if (others.length + settings.length === 0) return <p class="muted">Nothing: all of it is the same.</p>;
  return (
    <div class="diff">
      {others.map((change) => (
        <Pipeline key={change.pipeline} change={change} />
      ))}
      {settings.length > 0 && (
        <section>
          <h3>Settings</h3>
          <Values values={settings} />
        </section>
      )}
      {same.length > 0 && (
        <p class="muted">
          The same: {same.slice(0, 12).join(", ")}
          {same.length > 12 && ` and ${same.length - 12} more`}
        </p>
      )}
    </div>
  );
}

const words = { changed: "", new: "new", gone: "gone", same: "the same" } as const;

function Pipeline({ change }: { change: PipelineDiff }) {
  const { pipeline, change: kind, from, to, definition, artifacts, outputs, commits, without, irreversible } = change;
  const files = artifacts.map(({ name, from, to }) => ({
    name: `file ${name}`,
    ...(from !== undefined && { from: digest(from) }),
    ...(to !== undefined && { to: digest(to) }),
  }));
  const values = [...files, ...outputs.map((one) => ({ ...one, name: `output ${one.name}` }))];
  const isOlder = (without?.length ?? 0) > 0 && (commits?.length ?? 0) === 0;
  return (
    <section>
      <h3>
        {pipeline} <span class="diff-kind">{isOlder ? "goes back" : words[kind]}</span>
        {from && to && (
          <span class="diff-versions">
            <Commit commit={from.commit} /> <span aria-hidden="true">→</span>
            <span class="hidden-text"> to </span> <Commit commit={to.commit} />
          </span>
        )}
      </h3>
      <Commits commits={commits} />
      {without && without.length > 0 && (
        <>
          <p class="diff-taken state-asking">Taken back</p>
          <Commits commits={without} isTaken />
        </>
      )}
      {kind === "changed" && commits === undefined && <p class="muted">Git cannot tell which commits these are.</p>}
      {!isOlder &&
        irreversible?.map(({ job, does }) => (
          <p key={job}>
            No rollback undoes it: {job} {does}
          </p>
        ))}
      {definition !== undefined && <p class="muted">Its definition is another one: {definition}</p>}
      <Values values={values} />
    </section>
  );
}

const mostCommits = 8;

function Commits({ commits, isTaken }: { commits: PipelineDiff["commits"]; isTaken?: true }) {
  if (commits === undefined || commits.length === 0) return null;
  return (
    <ul class={`diff-commits ${isTaken ? "is-taken" : ""}`}>
      {commits.slice(0, mostCommits).map(({ commit, author, at, subject }) => (
        <li key={commit}>
          <Commit commit={commit} />
          <span class="diff-subject" title={subject}>
            {subject}
          </span>
          <span class="faint">{author}</span>
          <span class="faint">
            <Ago at={at} bare />
          </span>
        </li>
      ))}
      {commits.length > mostCommits && <li class="muted">and {commits.length - mostCommits} more</li>}
    </ul>
  );
}

/** `sha256:` is true of all of them, and eight signs tell two apart. */
const digest = (value: string) => value.replace(/^sha256:/, "").slice(0, 8);

function Values({
  values,
}: {
  values: readonly { name: string; from?: string | undefined; to?: string | undefined }[];
}) {
  if (values.length === 0) return null;
  return (
    <dl class="diff-values">
      {values.map(({ name, from, to }) => (
        <Fact key={name} name={name}>
          {from === undefined ? <i class="faint">none</i> : <code>{from}</code>} <span aria-hidden="true">→</span>
          <span class="hidden-text"> becomes </span> {to === undefined ? <i class="faint">none</i> : <code>{to}</code>}
        </Fact>
      ))}
    </dl>
  );
}
