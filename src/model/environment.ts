import type { ApprovalInput, PromoteInput, Scalar, WindowInput } from "./authored.ts";
import { rememberCallSite } from "./call-site.ts";

declare const comesAfter: unique symbol;
const definitions = new WeakMap<object, EnvironmentInput>();

export interface EnvironmentHandle<Name extends string = string, After extends string = string> {
  readonly name: Name;
  /** For the compiler only: names of the environments it comes after. */
  readonly [comesAfter]: After;
}

export interface EnvironmentInput<After extends string = string> {
  /** Pushes to branches that match this GitHub glob deploy here. Default: reached by promotion or by hand only. */
  readonly branch?: string | undefined;
  /** Environments that a release must have passed before it may come here. */
  readonly after?: After | EnvironmentHandle<After> | readonly (After | EnvironmentHandle<After>)[] | undefined;
  /**
   * Pushes end before it; `baton serve` promotes what has been in everything that it comes `after` for so long. Default: what is
   * pushed goes on at once, in the same run.
   */
  readonly promote?: PromoteInput | undefined;
  readonly approval?: ApprovalInput | undefined;
  /** `rollback`: what fails there is taken back to the last good release by itself. Default: it stays as it is. */
  readonly onFailure?: "stay" | "rollback" | undefined;
  /** When something may be deployed here; what comes at another time waits. Default: always. */
  readonly windows?: WindowInput | readonly WindowInput[] | undefined;
  /** Each pull request has one of its own, called `NAME-NUMBER`, until it is closed. Default: `false`. */
  readonly preview?: boolean | undefined;
  /** Win over the delivery's variables of the same name. */
  readonly variables?: Readonly<Record<string, Scalar>> | undefined;
}

/** Declares an environment. A name in `after` that the delivery does not have is a compile-time error there. */
export function env<const Name extends string, const After extends string = never>(
  name: Name,
  definition: EnvironmentInput<After> = {},
): EnvironmentHandle<Name, After> {
  const handle = rememberCallSite({ name }, env);
  definitions.set(handle, definition as EnvironmentInput);
  return handle as EnvironmentHandle<Name, After>;
}

/** What was given to `env(...)`; undefined when this is not a handle that it returned. */
export function environmentInput(handle: object): EnvironmentInput | undefined {
  return definitions.get(handle);
}
