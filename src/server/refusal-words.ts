import type { Refusal, RefusalCode } from "../control/control.ts";

/** A refusal for somebody who looks at a page or calls the API: status, one sentence, and what to do next. */
export interface Worded {
  status: 400 | 401 | 403 | 404 | 409 | 422 | 501 | 503;
  title: string;
  next?: string;
}

type Wording = (refusal: Refusal) => Worded;

const quoted = (names: readonly string[]) => names.join(", ");

const missing =
  (kind: string): Wording =>
  ({ subject, known, near }) => ({
    status: 404,
    title: `There is no ${kind} "${subject}"${near === undefined ? "" : `; did you mean ${near}?`}`,
    ...(known.length > 0 && known.length <= 30 && { next: `There is ${quoted(known)}` }),
  });

const wrong =
  (title: (refusal: Refusal) => string, next?: string): Wording =>
  (refusal) => ({ status: 422, title: title(refusal), ...(next !== undefined && { next }) });

const conflict =
  (title: (refusal: Refusal) => string, next?: (refusal: Refusal) => string): Wording =>
  (refusal) => ({ status: 409, title: title(refusal), ...(next !== undefined && { next: next(refusal) }) });

/** Somebody else's words, with what they say to do. */
const theirs =
  (status: Worded["status"], otherwise: string): Wording =>
  ({ because, remedy }) => ({ status, title: because ?? otherwise, ...(remedy !== undefined && { next: remedy }) });

const onMachine = "It has to be put right on the machine that serves";

const wordings: Record<RefusalCode, Wording> = {
  "definition-refused": theirs(422, "The definition is refused"),
  "no-definition": theirs(503, "There is no definition"),
  "no-such-file": ({ subject }) => ({ status: 503, title: `${subject} does not exist`, next: onMachine }),
  "several-definitions": ({ known }) => ({
    status: 503,
    title: `${known.join(" and ")} stand side by side`,
    next: "Start the server with --config and the one that is meant",
  }),
  "host-cannot": ({ subject, because }) => ({ status: 501, title: `${because} cannot be asked for this: ${subject}` }),
  "no-platform": missing("service"),
  "no-layout": missing("layout"),
  "no-format": missing("format"),
  "not-below-definition": wrong(({ subject }) => `${subject} is not a folder below the definition's`),
  "unreadable-settings": ({ subject, because }) => ({ status: 503, title: `${subject} cannot be read: ${because}` }),
  "cannot-write": theirs(422, "It cannot be written"),
  "not-reached": theirs(503, "It was not reached"),
  "no-environment": missing("environment"),
  "no-pipeline": missing("pipeline"),
  "no-event": missing("event"),
  "no-commit": ({ subject }) => ({ status: 404, title: `Git knows no commit ${subject}` }),
  "no-parameter": missing("parameter"),
  "no-run": missing("run"),
  "no-moment": ({ subject, known: [newest] }) => ({
    status: 404,
    title: `Nothing is known of that at event ${subject}`,
    next: `The newest event is ${newest}`,
  }),
  "no-runs": () => ({
    status: 404,
    title: "Nothing was run here yet",
    next: "Start a run here, or with `baton run` on the machine that serves",
  }),
  "no-release": missing("release"),
  "nothing-before": conflict(({ subject }) => `Nothing comes before ${subject}: no release can be proven for it`),
  "nothing-proven": conflict(
    ({ subject, known }) => `No release has passed ${quoted(known)}, which ${subject} comes after`,
  ),
  "release-not-proven": conflict(({ known, because }) => `Release ${because} has not passed ${quoted(known)}`),
  "differs-before": conflict(
    ({ subject, known: [release], because }) =>
      `Release ${release} went to the environments before ${subject} with different files of ${because}`,
  ),
  "nothing-newer": conflict(({ subject, known: [here, takenBack] }) =>
    takenBack === undefined
      ? `${subject} has release ${here}, and nothing newer is proven in what comes before`
      : `${subject} has release ${here}, and the newer release ${takenBack} was taken back from there`,
  ),
  "is-there": conflict(({ subject, known: [release] }) => `${subject} has release ${release} already`),
  "older-release": conflict(
    ({ subject, known: [release, here] }) => `${subject} has release ${here}, which is newer than release ${release}`,
    ({ known: [release], because }) =>
      because === "never-there"
        ? `Release ${release} was never there as a whole: a new run brings what it held`
        : "Going back is a rollback",
  ),
  "nothing-to-go-back-to": conflict(({ subject }) => `${subject} has nothing to go back to`),
  "was-never-there": conflict(
    ({ subject, known: [release] }) => `Release ${release} was never in ${subject} as a whole`,
  ),
  "not-in-release": conflict(({ subject, known: [release] }) => `Release ${release} knows no environment ${subject}`),
  "commit-gone": conflict(({ known: [release] }) => `The commit of release ${release} is not there any more`),
  "several-commits": conflict(
    ({ known: [release, other], because }) =>
      `Release ${release} went with ${because} of release ${other}; its own commit has another one, which nobody has proven`,
    () => "Name the other pipelines",
  ),
  "files-gone": conflict(
    ({ known: [release, ...gone] }) => `Release ${release} is not whole any more: ${quoted(gone)} is gone or damaged`,
  ),
  frozen: conflict(
    ({ subject, known: [until, by], because }) =>
      `${subject} is frozen until ${new Date(Number(until)).toISOString()} by ${by}: ${because}`,
    () => "Wait for it, or give `override`: why it cannot wait",
  ),
  "outside-window": conflict(
    ({ subject, known: [until] }) =>
      `${subject} is outside of its change windows until ${new Date(Number(until)).toISOString()}`,
  ),
  "not-owed": conflict(({ subject }) => `nothing is to be taken back in ${subject} any more`),
  "not-frozen": conflict(({ subject }) => `${subject} is not frozen`),
  "over-already": wrong(({ subject }) => `The time that ${subject} was to be frozen until has passed`),
  "never-together": conflict(
    ({ subject, known: [release, pipeline, other] }) =>
      `${pipeline} of release ${release} was proven with another ${other} than the one in ${subject}`,
    () => "Name both",
  ),
  "no-target": missing("target of notices"),
  "no-job": missing("job"),
  "not-a-pair": wrong(({ subject }) => `The parameter ${subject} is not NAME=VALUE`),
  "wrong-parameter": wrong(({ subject, because }) => `The parameter ${subject}: ${because}`),
  "missing-parameters": wrong(({ subject }) => `The delivery asks for ${subject}`, "Give each of them a value"),
  "is-preview": wrong(
    ({ subject }) => `${subject} is a preview: each pull request has one of its own, and here are no pull requests`,
    "Generate workflows for GitHub: they deploy it for a pull request and remove it again",
  ),
  "two-targets": wrong(() => "An environment alone and a way through several exclude each other", "Give `env` or `to`"),
  "nothing-to-compare": wrong(({ subject, because }) => `${subject} needs a commit to compare with, but ${because}`),
  "not-passed-before": conflict(
    ({ subject, known, because }) =>
      `${subject} comes after ${known.filter((name) => name !== subject).join(" and ")}, where this has not passed yet: ${because}`,
    ({ subject }) => `Start a run that goes through everything up to ${subject}`,
  ),
  "wrong-setting": theirs(422, "A setting is wrong"),
  "nothing-deployed": ({ subject }) => ({ status: 404, title: `Nothing is deployed in "${subject}"` }),
  "no-service": missing("service"),
  "not-on-path": wrong(({ subject, known }) => `The run does not go to "${subject}"; it goes to ${quoted(known)}`),
  "several-open": conflict(
    ({ known }) => `Several runs have not ended: ${quoted(known)}`,
    () => "Name one of them",
  ),
  "several-wait": conflict(
    ({ known }) => `Several things wait: ${quoted(known)}`,
    () => "Name one of them",
  ),
  "missing-secrets": ({ known, because }) => ({
    status: 409,
    title: `${known.length === 1 ? "A secret is" : `${known.length} secrets are`} not set: ${because}`,
    next: "Set it where the server is started: an environment variable of that name, or --secrets-file",
  }),
  "no-environment-chosen": wrong(({ because }) => `${because}, and nothing says where to go`, "Give `env` or `to`"),
  stray: ({ because, subject }) => ({
    status: 409,
    title: `${because}; ${subject} asks for approval`,
    next: "Bring it to the branch that leads there; past its branch it goes from a terminal only",
  }),
  "not-ready": ({ because }) => ({ status: 409, title: `Nothing was begun: ${because}`, next: onMachine }),
  "unreadable-secrets": ({ subject, because }) => ({
    status: 503,
    title: `${subject} cannot be read: ${because}`,
    next: onMachine,
  }),
  "has-finished": conflict(({ subject, because }) => `Run ${subject} has ended already: ${because}`),
  "not-finished": conflict(
    ({ subject }) => `Run ${subject} has not ended`,
    () => "Resume it, or cancel it",
  ),
  "nothing-looks": conflict(({ subject, because }) =>
    because === "nothing-deployed"
      ? `Nothing was deployed${subject === "" ? " yet" : ` to ${subject}`}`
      : `No job that deployed${subject === "" ? "" : ` to ${subject}`} says how to look for drift`,
  ),
  "none-open": conflict(() => "Every run has ended"),
  "nothing-to-retry": conflict(({ subject }) => `Every job of run ${subject} passed: there is nothing to retry`),
  "nothing-waits": conflict(({ subject }) => `Nothing waits for an approval${subject === "" ? "" : ` of ${subject}`}`),
  "no-reviewer": ({ subject, known, because }) => ({
    status: 403,
    title: `${because} is not asked for ${subject}: its reviewers are ${known.join(", ")}`,
    next: `It takes one of them, or a token of their group: baton token create NAME --role approver:${subject} --group ${known[0]}`,
  }),
  "own-run": ({ subject, known: [by] }) => ({
    status: 403,
    title: `${by} asked for this run, and ${subject} wants the approval of somebody else`,
  }),
  "approved-already": conflict(
    ({ subject, known: [by] }) => `${by} has approved ${subject} already, and it takes several people`,
  ),
  "not-waiting": conflict(
    ({ subject, because }) => `Run ${subject} does not wait for an approval${because ? ` of ${because}` : ""} any more`,
    () => "Somebody may have answered already: its events say who",
  ),
  "approval-expired": conflict(
    ({ subject }) => `The answer for ${subject} comes too late: nobody gave it in time`,
    ({ known: [run] }) => `Retry ${run ?? "the run"} to be asked again`,
  ),
  "runs-elsewhere": conflict(({ subject }) => `Run ${subject} goes on already`),
  "agents-served": conflict(() => "Another server hands jobs out to agents already"),
  "outdated-plan": conflict(
    () => "Something was begun or deployed since this was planned",
    () => "Look at the plan again: it is made for what is deployed now",
  ),
  "environment-busy": conflict(({ subject, known: [run] }) => `Run ${run} deploys to ${subject}, or waits to`),
  "asked-already": conflict(
    ({ subject, known: [run, release] }) => `Run ${run} waits to bring release ${release} to ${subject} already`,
  ),
  "being-made": conflict(({ subject }) => `Run ${subject} is just making some of these files`),
  "given-up": conflict(() => "Nothing was begun"),
  "other-history": conflict(({ subject }) => `Event ${subject} is not the one that was noted`),
  "journal-not-written": theirs(503, "The journal could not be written"),
  "not-empty": conflict(({ subject, because }) => `Nothing was written to ${subject}: ${because}`),
  "workplace-gone": conflict(({ subject, because }) => `The folder that run ${subject} works on is gone: ${because}`),
  "workplace-moved": conflict(
    ({ subject }) => `Run ${subject} works in the working tree, and something else is checked out there now`,
    () => onMachine,
  ),
  "workplace-changed": conflict(
    ({ subject }) => `Run ${subject} works in the working tree, and its files have changed since`,
    () => onMachine,
  ),
  "workplace-unknown": conflict(({ subject, because }) => `Nothing says where run ${subject} works: ${because}`),
};

export const inWords = (refusal: Refusal): Worded => wordings[refusal.code](refusal);
