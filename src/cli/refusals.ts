import { type Refusal, type RefusalCode, Refused } from "../control/control.ts";
import { Failure, UsageError } from "./problem.ts";
import { refusedMoves } from "./refused-moves.ts";

interface Words {
  message: string;
  next?: string;
}

type Wording = (refusal: Refusal) => Words;

const isFirst = (text: string, index: number, all: readonly string[]): boolean => all.indexOf(text) === index;

/** Asked in a way that cannot be answered: exit code 2. */
const usage = {
  "definition-refused": ({ because, remedy }) => ({
    message: because ?? "",
    ...(remedy !== undefined && { next: remedy }),
  }),
  "no-definition": ({ because }) => ({
    message: because ?? "",
    next: "baton init  writes one for what is here; or go to the folder of your delivery, or name it with --config FILE",
  }),
  "no-such-file": ({ subject }) => ({
    message: `${subject} does not exist`,
    next: "give --config the path of a definition",
  }),
  "several-definitions": ({ known }) => ({
    message: `${known.join(" and ")} stand side by side: which one is meant?`,
    next: "name it with --config FILE, or remove the other",
  }),
  "wrong-setting": ({ because, remedy }) => ({ message: because ?? "", ...(remedy !== undefined && { next: remedy }) }),
  "no-platform": ({ subject, known, because }) =>
    because === "writing"
      ? {
          message: `${subject}: there is no such service to write for`,
          next: known.map((name) => `baton generate ${name}`).join(", or "),
        }
      : {
          message: `--on ${subject}: there is no such service to ask`,
          next: `use ${known.map((name) => `--on ${name}`).join(" or ")}`,
        },
  "host-cannot": ({ subject, known, because }) => ({
    message: `Baton cannot ask ${because} for this yet: ${commandOf(subject)}`,
    next: known.map((verb) => `baton ${commandOf(verb)} --on ${because}`).join(", or "),
  }),
  "no-layout": ({ subject, known }) => ({
    message: `--layout ${subject}: there is no such layout`,
    next: `use ${known.join(", ")}`,
  }),
  "no-format": ({ subject, known }) => ({
    message: `--format ${subject}: there is no such format`,
    next: `use ${known.join(", ")}`,
  }),
  "not-below-definition": ({ subject, known: [root] }) => ({
    message: `--out ${subject}: is not a folder below the definition's, ${root}`,
    next: "name a folder below the definition: the builds read their commands from the source",
  }),
  "unreadable-settings": ({ subject, because }) => ({ message: `${subject} cannot be read: ${because}` }),
  "cannot-write": ({ because, remedy }) => ({ message: because ?? "", ...(remedy !== undefined && { next: remedy }) }),
  "no-environment": (refusal) => ({
    message: `there is no environment "${refusal.subject}"${didYouMean(refusal)}`,
    next: `the environments are ${refusal.known.join(", ")}`,
  }),
  "is-preview": ({ subject }) => ({
    message: `${subject} is a preview: each pull request has one of its own, and here are no pull requests`,
    next: "baton generate github writes the workflows that deploy it for a pull request and remove it again",
  }),
  "two-targets": ({ known: [env, to] }) => ({
    message: "--env and --to exclude each other",
    next: `--to ${to} goes through everything before ${to}; --env ${env} takes ${env} alone`,
  }),
  "no-pipeline": (refusal) => ({
    message: `there is no pipeline "${refusal.subject}"${didYouMean(refusal)}`,
    next: `the pipelines are ${refusal.known.join(", ")}`,
  }),
  "no-event": ({ subject, known }) => ({
    message: `--event ${subject}: there is no such event`,
    next: `use one of ${known.join(", ")}`,
  }),
  "no-commit": ({ subject }) => ({
    message: `--since ${subject}: git knows no such commit`,
    next: "git log --oneline shows the ones it knows",
  }),
  "nothing-to-compare": ({ subject, because }) => ({
    message: `--since ${subject} needs a commit to compare with, but ${because}`,
  }),
  "not-passed-before": ({ subject, known, because }) => ({
    message: `${subject} comes after ${known.filter((name) => name !== subject).join(" and ")}, where this has not passed yet: ${because}`,
    next: `--to ${subject} goes through ${known.join(", ")}`,
  }),
  "no-parameter": (refusal) => ({
    message: `there is no parameter "${refusal.subject}"${didYouMean(refusal) || `; ${knownParameters(refusal)}`}`,
  }),
  "not-a-pair": ({ subject }) => ({ message: `--param ${subject} is not NAME=VALUE` }),
  "wrong-parameter": ({ subject, because }) => ({ message: `--param ${subject}: ${because}` }),
  "missing-parameters": ({ subject, known }) => ({
    message: `the delivery asks for ${subject}`,
    next: `give ${known.map((name) => `--param ${name}=…`).join(" ")}`,
  }),
  "no-run": (refusal) => ({
    message: `there is no run "${refusal.subject}"${didYouMean(refusal)}`,
    next: "baton status lists the runs",
  }),
  "no-moment": ({ subject, known: [newest] }) => ({
    message: `nothing is known of that at event ${subject}; the newest is ${newest}`,
  }),
  "no-release": (refusal) => ({
    message:
      refusal.known.length === 0
        ? "there is no release yet"
        : `there is no release "${refusal.subject}"${didYouMean(refusal)}`,
    next: refusal.known.length === 0 ? "baton run makes one" : "baton release list shows them",
  }),
  "no-target": (refusal) => ({
    message: `nobody called "${refusal.subject}" is told of anything${didYouMean(refusal)}`,
    next: refusal.known.length > 0 ? `told are ${refusal.known.join(", ")}` : "baton notices  lists who is",
  }),
  "no-job": (refusal) => ({
    message: `there is no job "${refusal.subject}"${didYouMean(refusal)}`,
    next: `there are ${someOf(refusal.known)}`,
  }),
  "nothing-deployed": (refusal) => ({
    message: `nothing is deployed in "${refusal.subject}"${didYouMean(refusal) || `; something is in ${refusal.known.join(", ") || "no environment"}`}`,
    next: refusal.near === undefined ? `baton run --env ${refusal.subject}` : `baton outputs --env ${refusal.near}`,
  }),
  "no-service": (refusal) => ({
    message: `no service "${refusal.subject}" is running${didYouMean(refusal)}`,
    next: refusal.known.length > 0 ? `running: ${refusal.known.join(", ")}` : "baton services lists them",
  }),
  "not-on-path": (refusal) => ({
    message: `the run does not go to "${refusal.subject}"${didYouMean(refusal)}`,
    next: `it goes to ${refusal.known.join(", ")}`,
  }),
  "several-open": ({ known }) => ({
    message: `several runs have not ended: ${known.join(", ")}`,
    next: `name one of them; baton status shows what they are at`,
  }),
  "several-wait": ({ known }) => ({
    message: `several things wait for an answer: ${known.join(", ")}`,
    next: `name one of them, for example: ${known[0]}`,
  }),
  "missing-secrets": ({ known, because }) => ({
    message: `${known.length === 1 ? "a secret is" : `${known.length} secrets are`} not set: ${because}`,
    next: "set an environment variable of that name, or give --secrets-file FILE with NAME=value lines",
  }),
  "no-environment-chosen": ({ subject, known, because }) => ({
    message: `${because}, and nothing says where to go`,
    next: `--env ${subject}, or --to and one of ${known.join(", ")}`,
  }),
  stray: ({ known, because, subject }) => ({
    message: `refused: ${because}; ${subject} asks for approval`,
    next: meantBy(known.map((code) => (code === "uncommitted" ? "--allow-dirty" : "--any-branch")).filter(isFirst)),
  }),
  "not-ready": ({ because }) => ({
    message: `nothing was begun, because this is missing:\n  ${(because ?? "").replaceAll("\n", "\n  ")}`,
    next: "put that right, then the same command again",
  }),
  "unreadable-secrets": ({ subject, because }) => ({
    message: `--secrets-file ${subject} cannot be read: ${because}`,
    next: "write one NAME=value on each line of it, or set environment variables of these names and leave the option out",
  }),
} satisfies Partial<Record<RefusalCode, Wording>>;

/** The world does not allow it: exit code 1. */
const failures = {
  ...refusedMoves,
  "not-reached": ({ because, remedy }) => ({ message: because ?? "", ...(remedy !== undefined && { next: remedy }) }),
  "no-runs": () => ({
    message: "nothing was run here yet",
    next: "baton plan shows what a run would do, baton run does it",
  }),
  "has-finished": ({ subject, because }) => ({
    message: `run ${subject} has ended already: ${because}`,
    next: "baton status",
  }),
  "not-finished": ({ subject }) => ({
    message: `run ${subject} has not ended`,
    next: `baton resume ${subject} goes on with it`,
  }),
  "none-open": () => ({
    message: "every run has ended: there is nothing to cancel",
    next: "baton status shows how",
  }),
  "nothing-to-retry": ({ subject }) => ({
    message: `every job of run ${subject} passed: there is nothing to retry`,
    next: "baton run --force runs it again as a new release",
  }),
  "nothing-waits": ({ subject, known }) => ({
    message: `${subject === "" ? "nothing" : `no run for ${subject}`} waits for an approval${alsoWaits(known)}`,
    next: "baton status",
  }),
  "no-reviewer": ({ subject, known, because }) => ({
    message: `${because} is not asked for ${subject}: its reviewers are ${known.join(", ")}`,
    next: "ask one of them",
  }),
  "nothing-looks": ({ subject, because }) => {
    if (because === "nothing-deployed") {
      return {
        message: `nothing was deployed${subject === "" ? " yet" : ` to ${subject}`}, so there is nothing to look at`,
        next: `baton run${subject === "" ? "" : ` --to ${subject}`}  deploys; baton status  what is deployed where`,
      };
    }
    return {
      message: `no job that deployed ${subject === "" ? "anything" : `to ${subject}`} says how to look for drift`,
      next: 'drift: "terraform plan -detailed-exitcode -lock=false" on the job says it, from its next deployment on',
    };
  },
  "own-run": ({ subject, known: [by, run] }) => ({
    message: `${by} asked for run ${run}, and ${subject} wants the approval of somebody else`,
    next: `somebody else: baton approve ${run} ${subject}`,
  }),
  "approved-already": ({ subject, known: [by, run] }) => ({
    message: `${by} has approved ${subject} already, and it takes several people`,
    next: `somebody else: baton approve ${run} ${subject}`,
  }),
  "not-waiting": ({ subject, known, because }) => ({
    message: `run ${subject} does not wait for an approval${because === undefined ? "" : ` of ${because}`}${alsoWaits(known)}`,
    next: "baton status",
  }),
  "approval-expired": ({ subject, known: [run], because }) => ({
    message: `the answer for ${subject} comes too late: nobody gave it in time, so ${run ?? "the run"} was not let in`,
    next:
      because === "open"
        ? `baton resume ${run} ends it, then baton retry ${run} asks for ${subject} again`
        : `baton retry ${run ?? ""} asks for ${subject} again`,
  }),
  "runs-elsewhere": ({ subject }) => ({
    message: `run ${subject} goes on in another terminal`,
    next: `baton status shows it, baton cancel ${subject} ends it`,
  }),
  "agents-served": ({ subject }) => ({
    message: `another server hands jobs out to agents already, with what lies in ${subject}`,
    next: "end that one, or start this one without --agents",
  }),
  "outdated-plan": () => ({
    message: "another Baton began or deployed something at the same moment",
    next: "do it again: it is planned for what is deployed now",
  }),
  "environment-busy": ({ subject, known: [run], because }) => ({
    message:
      because === undefined
        ? `run ${run} deploys to ${subject} or waits to, and this was not to wait`
        : `run ${run} is at ${subject}, and what this would bring depends on how that ends`,
    next:
      because === undefined
        ? "without --no-wait it stands in line behind it; baton status shows how far that is"
        : `baton cancel ${run} ends it, or wait for it; then the same command again`,
  }),
  "asked-already": ({ subject, known: [run, release] }) => ({
    message: `run ${run} waits to bring release ${release} to ${subject} already, and is not asked for twice`,
    next: `baton approve ${run} ${subject}, or baton resume ${run}; baton cancel ${run} ends it`,
  }),
  "being-made": ({ subject, known }) => ({
    message: `run ${subject} is just making ${someOf(known)} of these files, and this was not to wait`,
    next: "without --no-wait it waits and takes what is made; baton status shows how far that is",
  }),
  "given-up": () => ({ message: "nothing was begun", next: "the same command again" }),
  "journal-not-written": ({ because }) => ({ message: because ?? "the journal could not be written" }),
  "other-history": ({ subject }) => ({
    message: `event ${subject} is not the one that was noted: the journal up to there was changed or repaired, or is another one`,
    next: "baton audit  tells of a repair; otherwise compare with a copy of the state folder",
  }),
  "not-empty": ({ subject, because }) => ({
    message: `nothing was written to ${subject}: ${because}`,
    next: "name a folder that is new or empty",
  }),
  "workplace-gone": ({ subject, because }) => ({
    message: `the folder that run ${subject} works on is gone: ${because}`,
    next: `put it back and resume, or give the run up with: baton cancel ${subject}`,
  }),
  "workplace-moved": ({ subject, known: [head = "", there = "", back], because }) => ({
    message: `run ${subject} works in the working tree itself, on ${shortCommit(head)}, and ${there === "" ? "no commit" : shortCommit(there)}${because ? ` (${because})` : ""} is checked out there`,
    next: `git checkout ${back} goes back, then the same command again; or ${anew(subject)}`,
  }),
  "workplace-changed": ({ subject, known: [commit = "", ...files] }) => ({
    message: `run ${subject} works in the working tree itself, and ${files.length === 0 ? "nobody can tell any more what was there" : `these files have changed since: ${someOf(files)}`}`,
    next:
      files.length === 0
        ? anew(subject)
        : `put them back (git diff ${shortCommit(commit)} shows them), then the same command again; or ${anew(subject)}`,
  }),
  "workplace-unknown": ({ subject, known, because }) => ({
    message: `nothing says where run ${subject} works: ${because}`,
    next: `baton run${known.length > 0 ? ` --to ${known.at(-1)}` : ""} does what is left of it as a new run; baton cancel ${subject} gives it up if it has not ended`,
  }),
} satisfies Partial<Record<RefusalCode, Wording>>;

const wordings: Record<RefusalCode, Wording> = { ...usage, ...failures };

/** A refusal in the words of the command line, with the options that help. */
export function inWords(refusal: Refusal): UsageError | Failure {
  const { message, next } = wordings[refusal.code](refusal);
  const advice = next === undefined ? {} : { next };
  return refusal.code in usage ? new UsageError(message, advice) : new Failure(message, advice);
}

/** Adapters' errors that are about the world and not about Baton; their messages already say where, what and what next. */
const worldly = new Set(["StoreError", "GitError"]);

/** What an error means to the person who called; undefined for one that is a bug in Baton. */
export function problemIn(error: unknown): UsageError | Failure | undefined {
  if (error instanceof UsageError || error instanceof Failure) return error;
  if (error instanceof Refused) return inWords(error.refusal);
  return error instanceof Error && worldly.has(error.name) ? new Failure(error.message) : undefined;
}

const meantBy = (flags: readonly string[]) =>
  `${flags.join(" and ")} ${flags.length === 1 ? "says" : "say"} that it is meant`;

const didYouMean = ({ near }: Refusal) => (near === undefined ? "" : `; did you mean ${near}?`);

const shortCommit = (commit: string) => commit.slice(0, 7);

/** What there is now, in place of a run that cannot go on with it. */
const anew = (run: string) =>
  `baton cancel ${run} if it has not ended, then baton run --in-place, which plans what is there now`;

const alsoWaits = (known: readonly string[]) => (known.length > 0 ? `; ${known.join(", ")} does` : "");

const knownParameters = ({ known }: Refusal) =>
  known.length === 0 ? "the delivery has none" : `there are ${known.join(", ")}`;

function someOf(names: readonly string[]): string {
  const most = 8;
  return names.slice(0, most).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "");
}

/** The command that asks a host for this. */
function commandOf(verb: string): string {
  return verb === "readiness" ? "doctor" : verb === "pipelines" ? "status" : verb;
}
