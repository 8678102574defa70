/** Baton itself is wrong, or its journal was changed by something else. Stopping is safer than deploying from here. */
export class EngineBug extends Error {
  override name = "EngineBug";
}

export function bug(message: string): never {
  throw new EngineBug(`${message}. Nothing more is started: this is a bug in Baton or a damaged journal`);
}

export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) bug(typeof message === "string" ? message : message());
}

/** Why the engine stops. */
export function reasonOf(error: unknown): string {
  return error instanceof EngineBug ? error.message : "the journal could not be written";
}
