/**
 * What a command can end with besides success. Three kinds that are never mixed: the caller used Baton wrongly
 * (`UsageError`), the world did not allow it or a run failed (`Failure`), or Baton is wrong itself (any other error).
 */
export const exitCodes = { clean: 0, failed: 1, usage: 2, bug: 3, interrupted: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** `next` is one line that says what to do, a command where there is one. */
interface Advice {
  next?: string;
}

export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly next: string | undefined;

  constructor(message: string, advice: Advice = {}) {
    super(message);
    this.next = advice.next;
  }
}

export class Failure extends Error {
  override readonly name = "Failure";
  readonly next: string | undefined;

  constructor(message: string, advice: Advice = {}) {
    super(message);
    this.next = advice.next;
  }
}
