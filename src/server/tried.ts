import { Refused } from "../control/control.ts";
import type { Identity } from "./access/sign-in.ts";
import type { AccessLog } from "./access-log.ts";
import { refusalResponse, Turned } from "./problem.ts";
import type { RouteName } from "./wire/routes.ts";

/** What somebody asked for, as far as it is known. */
export interface Tried {
  asked: RouteName;
  from: string;
  about: Readonly<Record<string, string>>;
  identity?: Identity | undefined;
}

/** Writes it down with what came of it: a status, or what was thrown. */
export function note(
  { asked, from, about, identity }: Tried,
  { accessLog }: { accessLog: AccessLog },
  outcome: unknown,
): void {
  accessLog.note({
    at: Date.now(),
    asked,
    ...(identity !== undefined && { by: identity.name }),
    ...(identity?.token !== undefined && { token: identity.token }),
    ...(identity?.subject !== undefined && { subject: identity.subject }),
    from,
    about,
    ...outcomeOf(outcome),
  });
}

function outcomeOf(outcome: unknown): { status: number; code?: string } {
  if (typeof outcome === "number") return { status: outcome };
  if (outcome instanceof Turned) return { status: outcome.refusal.status, code: outcome.refusal.code };
  if (outcome instanceof Refused)
    return { status: refusalResponse(outcome.refusal).status, code: outcome.refusal.code };
  return { status: 500, code: "bug" };
}
