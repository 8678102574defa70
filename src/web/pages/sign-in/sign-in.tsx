/** Where tokens were made, nothing is shown to anybody without one. */
import "./sign-in.css";
import { useState } from "preact/hooks";
import { ask, noRun, useView } from "../../data/views.ts";
import type { Problem, Session } from "../../data/wire.ts";
import { Problems } from "../../parts/parts.tsx";

/** What was asked for before counts no more: everything begins anew. */
const beginAnew = () => location.reload();

export function SignIn() {
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setAsking] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget as HTMLFormElement).get("token") ?? "").trim();
    setAsking(true);
    const given = await ask<Session>("/api/session", { token });
    setAsking(false);
    if ("problem" in given) setProblem(given.problem);
    else beginAnew();
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>Sign in to Baton</h1>
        <Problems problem={problem} />
        <label>
          Token
          <input name="token" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" class="button button-first" disabled={isAsking}>
          Sign in
        </button>
        <p class="muted">
          Whoever runs the server makes one: <code>baton token create NAME --role viewer</code>
        </p>
      </form>
    </main>
  );
}

/** Who is asking, and the way out. */
export function SignOut() {
  const { view: session } = useView<Session>("/api/session", noRun);
  if (!session?.isRequired || session.name === undefined) return null;
  const leave = async () => {
    await ask("/api/session/end", {});
    beginAnew();
  };
  return (
    <button type="button" class="button button-plain" onClick={leave} title="Sign out">
      {session.name}
      <span class="hidden-text">: sign out</span>
    </button>
  );
}
