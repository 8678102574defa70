/** Where people sign in, nothing is shown to anybody before. */
import "./sign-in.css";
import { useState } from "preact/hooks";
import { ask, noRun, useView } from "../../data/views.ts";
import type { Problem, Session } from "../../data/wire.ts";
import { Problems } from "../../parts/parts.tsx";
import { go } from "../../route.ts";

/** What was asked for before counts no more: everything begins anew. */
const beginAnew = () => location.reload();

/** Why the provider's way back led to nothing: the server answers there with this page and says so in it. */
export const failedSignIn = problemIn(document.querySelector<HTMLMetaElement>('meta[name="sign-in-problem"]'));

function problemIn(said: HTMLMetaElement | null): Problem | undefined {
  if (said === null) return undefined;
  // What stands in the address is used up.
  go("/", { replace: true });
  return JSON.parse(said.content) as Problem;
}

export function SignIn({ provider }: { provider: string | undefined }) {
  const [problem, setProblem] = useState<Problem | undefined>(failedSignIn);
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
        {provider !== undefined && (
          <>
            <a class="button button-first" href={providerAddress()}>
              Sign in with {provider}
            </a>
            <p class="sign-in-or muted">or with a token, as programs do</p>
          </>
        )}
        <label>
          Token
          <input name="token" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" class={provider === undefined ? "button button-first" : "button"} disabled={isAsking}>
          Sign in
        </button>
        <p class="muted">
          Whoever runs the server makes one: <code>baton token create NAME --role viewer</code>
        </p>
      </form>
    </main>
  );
}

/** It leads back to the page that somebody wanted to see. */
const providerAddress = () => `/api/session/oidc?${new URLSearchParams({ to: location.pathname + location.search })}`;

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
