import { standing } from "../../model/previews.ts";
import { refusedStrays } from "../../release/guard.ts";
import { type Caller, refused } from "../control.ts";
import type { Secrets } from "../request/secrets.ts";
import type { Planned } from "../verbs/plan.ts";
import { type Lack, lackingHere } from "./lacking.ts";

/** What somebody said is meant, and what there is to work with. */
export interface Allowed {
  secrets: Secrets;
  /** Somebody looks on, and has been told where it goes when nothing said so. */
  isWatched: boolean;
  /** Also what another branch, or none, brings to an environment that asks for approval. */
  anyBranch?: true | undefined | false;
  /** Also files that are not committed. */
  allowDirty?: true | undefined | false;
}

/** Everything that speaks against a plan before anything has begun, all at once. @throws {Refused} */
export async function requireReady(
  caller: Caller,
  planned: Planned,
  { secrets, isWatched, anyBranch = false, allowDirty = false }: Allowed,
): Promise<void> {
  const { strays, guessed, plan } = planned;
  if (guessed !== undefined && !isWatched) {
    const known = standing(planned.delivery).environments.map(({ name }) => name);
    throw refused("no-environment-chosen", { subject: plan.environments.at(-1) ?? "", known, because: guessed });
  }
  const refusedOnes = refusedStrays(strays, { anyBranch, allowDirty });
  if (refusedOnes.length > 0) {
    const subject = refusedOnes[0]!.environment;
    const known = [...new Set(refusedOnes.map(({ code }) => code))];
    throw refused("stray", { subject, known, because: refusedOnes.map(({ text }) => text).join("; ") });
  }
  const lacking = await lackingHere(caller, { ...planned, secrets }, { versions: "asked for" });
  if (lacking.length > 0) throw refusedLack(lacking);
}

function refusedLack(lacking: readonly Lack[]): Error {
  const names = lacking.map(({ name }) => name);
  const [kind, ...others] = new Set(lacking.map((lack) => lack.kind));
  const because = lacking.map((lack) => lackText(lack, others.length > 0)).join(", ");
  const about = { subject: names.join(", "), known: names, because };
  if (others.length === 0 && kind === "parameter") return refused("missing-parameters", about);
  if (others.length === 0 && kind === "secret") return refused("missing-secrets", about);
  return refused("not-ready", { ...about, because: lacking.map((lack) => lackText(lack, true)).join("\n") });
}

/** `TOKEN (for web.deploy@dev)`, with its kind and what is wrong with it where several kinds stand together. */
function lackText({ kind, name, problem, jobs }: Lack, isMixed: boolean): string {
  const [first] = jobs;
  const forWhom = first === undefined ? "" : ` (for ${first}${jobs.length > 1 ? ` and ${jobs.length - 1} more` : ""})`;
  return isMixed ? `${kind} ${name}: ${problem}${forWhom}` : `${name}${first === undefined ? "" : ` (for ${first})`}`;
}
