import { userInfo } from "node:os";
import type { Actor } from "../control.ts";

/** Whoever sits at this machine, for the journal. */
export function actorHere(env: NodeJS.ProcessEnv): Actor {
  return { name: env.GITHUB_ACTOR || userName(env), via: "terminal" };
}

function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER || "somebody";
  }
}
