/**
 * - `closed`: this engine has been closed.
 * - `no-run`: there is no such run; `known` has those there are.
 * - `has-finished`, `not-finished`: the run has ended already, or has not.
 * - `nothing-to-retry`: every job of it succeeded.
 * - `not-waiting`: it does not wait for an approval there; `known` has the environments that do wait.
 * - `expired`: it waited for that approval, and the time for it is over.
 * - `own-run`: `known` asked for the run (its id follows), and somebody else must approve it. `approved-already`: did, and it takes several.
 * - `runs-elsewhere`: another process goes on with it; `known` has that session.
 * - `being-made`: another run, `subject`, is just making what this plan would make of the same files; `known` has the jobs.
 * - `environment-busy`: run `known` deploys there or moves another release there; what this would bring depends on how that ends.
 * - `not-frozen`: it is not, or not any more. `over-already`: until a time that has passed.
 * - `not-owed`: what run `known` left there is not to be taken back any more: somebody did, or something else came.
 * - `wrong-plan`: this plan cannot be run. `outdated-plan`: something was deployed since it was made.
 */
export type EngineRefusalCode =
  | "closed"
  | "no-run"
  | "has-finished"
  | "not-finished"
  | "nothing-to-retry"
  | "not-waiting"
  | "expired"
  | "own-run"
  | "approved-already"
  | "runs-elsewhere"
  | "being-made"
  | "environment-busy"
  | "not-frozen"
  | "over-already"
  | "not-owed"
  | "wrong-plan"
  | "outdated-plan";

/** What was asked cannot be done, though nothing is wrong with Baton. A face words the code; the message is for logs. */
export class EngineRefusal extends Error {
  override name = "EngineRefusal";
  readonly code: EngineRefusalCode;
  /** The run or environment it is about. */
  readonly subject: string;
  /** What would have been possible instead. */
  readonly known: readonly string[];

  constructor(
    code: EngineRefusalCode,
    about: { subject: string; known?: readonly string[]; text: string; cause?: Error },
  ) {
    super(about.text, about.cause && { cause: about.cause });
    this.code = code;
    this.subject = about.subject;
    this.known = about.known ?? [];
  }
}
