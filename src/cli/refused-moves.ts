import type { Refusal } from "../control/control.ts";
import { dayTime, zonedDayTime } from "./terminal/duration.ts";

interface Words {
  message: string;
  next?: string;
}

type Wording = (refusal: Refusal) => Words;

/** What an older release held goes where a newer one is as a new release alone. */
const madeAnew = (environment: string, release = "") =>
  `baton run --to ${environment}  makes a new release of what is checked out; baton release show ${release}  names the commit of that one`;

/** A promotion or rollback that cannot be: exit code 1, nothing was begun. */
export const refusedMoves = {
  "nothing-before": ({ subject }) => ({
    message: `nothing comes before ${subject}, so no release can have been proven for it`,
    next: `baton run --env ${subject}  deploys what is checked out`,
  }),
  "nothing-proven": ({ subject, known }) => ({
    message: `no release has passed ${known.join(" and ")}, which ${subject} comes after`,
    next: `baton run --to ${known.at(-1)}  makes one and proves it there`,
  }),
  "release-not-proven": ({ subject, known, because }) => ({
    message: `release ${because} has not passed ${known.join(" and ")}, which ${subject} comes after`,
    next: `baton release show ${because}  tells how far it came; without a number the newest proven one is promoted`,
  }),
  "differs-before": ({ subject, known: [release], because }) => ({
    message: `release ${release} went to the environments before ${subject} with different files of ${because}`,
    next: `baton release show ${release}`,
  }),
  "nothing-newer": ({ subject, known: [here, takenBack] }) => ({
    message:
      takenBack === undefined
        ? `${subject} has release ${here}, and nothing newer is proven in what comes before`
        : `${subject} has release ${here}, and release ${takenBack}, which is newer, was taken back from there`,
    next:
      takenBack === undefined
        ? "baton release list"
        : `baton promote ${takenBack} --to ${subject}  brings it there all the same`,
  }),
  "is-there": ({ subject, known: [release] }) => ({
    message: `${subject} has release ${release} already`,
    next: `baton release diff ${subject} ${release}`,
  }),
  "older-release": ({ subject, known: [release, here], because }) => {
    const message = `${subject} has release ${here}, which is newer than release ${release}`;
    if (because === "never-there") {
      return {
        message: `${message}, and release ${release} was never there as a whole, so there is no going back to it`,
        next: madeAnew(subject, release),
      };
    }
    return { message, next: `baton rollback ${subject} --to ${release}  goes back` };
  },
  "nothing-to-go-back-to": ({ subject, known: [here, ...takenBack] }) => {
    if (here === undefined) return { message: `nothing was ever deployed to ${subject}`, next: "baton status" };
    const nothing = `${subject} has nothing to go back to`;
    const [newest] = takenBack;
    if (newest === undefined) {
      return {
        message: `${nothing}: no other release was there as a whole`,
        next: `baton run --to ${subject}  makes a new release of what is checked out`,
      };
    }
    return {
      message: `${nothing}: what was there as a whole was taken back (${takenBack.join(", ")})`,
      next: `baton rollback ${subject} --to ${newest}  goes back to it all the same`,
    };
  },
  "was-never-there": ({ subject, known: [release, ...there], because }) => ({
    message: `release ${release} was never in ${subject} as a whole${there.length > 0 ? `; there were ${there.join(", ")}` : ""}`,
    next:
      because === "older"
        ? madeAnew(subject, release)
        : `baton promote ${release} --to ${subject}  if it is proven in what comes before`,
  }),
  "not-in-release": ({ subject, known: [release] }) => ({
    message: `the definition of release ${release} has no environment ${subject}`,
    next: "baton release list",
  }),
  "commit-gone": ({ known: [release], because }) => ({
    message:
      because === undefined
        ? `no commit stands for release ${release}: it was made of files outside git`
        : `git does not know ${because.slice(0, 7)} any more, the commit of release ${release}`,
    next: because === undefined ? "baton run" : "git fetch --all  may bring it back; then the same command again",
  }),
  "several-commits": ({ subject, known: [release, other, ...others], because }) => ({
    message: `release ${release} went with ${because} of release ${other}, and its own commit has another ${because}, which nobody has proven`,
    next:
      others.length === 0
        ? `baton release show ${release}`
        : `${others.map((name) => `--pipeline ${name}`).join(" ")} leaves ${because} in ${subject} as it is`,
  }),
  "files-gone": ({ known: [release, ...gone] }) => ({
    message: `release ${release} cannot be brought there as it was proven: ${gone.join(", ")} is not kept any more or is damaged`,
    next: "baton doctor  looks at every file that is kept; a new run makes a release anew",
  }),
  frozen: ({ subject, known: [until, by], because }) => ({
    message: `${subject} is frozen until ${dayTime(Number(until))}, by ${by}: ${because}`,
    next: '--override "WHY" goes there all the same, and is kept; or baton thaw ends it for everybody',
  }),
  "outside-window": ({ subject, known: [until] }) => ({
    message: `${subject} is outside of its change windows until ${zonedDayTime(Number(until))}`,
    next: 'without --no-wait it waits; --override "WHY" goes there now, and is kept and told',
  }),
  "not-owed": ({ subject, known }) => ({
    message: `what run ${known[0]} left in ${subject} is not to be taken back any more`,
    next: "baton status  what is there now",
  }),
  "not-frozen": ({ subject, known }) => ({
    message: `${subject} is not frozen${known.length === 0 ? "" : `; ${known.join(", ")} is`}`,
    next: "baton status",
  }),
  "over-already": ({ subject }) => ({
    message: `nothing was frozen: the time that ${subject} was to be frozen until has passed`,
    next: `baton freeze ${subject} --until 2h --reason "WHY"`,
  }),
  "never-together": ({ subject, known: [release, pipeline, other] }) => ({
    message: `${pipeline} of release ${release} was proven with another ${other} than the one in ${subject}`,
    next: `--pipeline ${pipeline} --pipeline ${other} takes both`,
  }),
} satisfies Record<string, Wording>;
