import { z } from "zod";
import { CannotWrite } from "./generated.ts";

/** A platform's settings file beside the definition. */
export interface SettingsFile {
  /** As people call it. */
  readonly name: string;
  /** Undefined: nothing, or there is none. */
  readonly content: unknown;
}

/** What it holds, as its platform knows it. @throws {CannotWrite} */
export function acceptSettings<T extends z.ZodType>(schema: T, { name, content }: SettingsFile): z.infer<T> {
  const read = schema.safeParse(content ?? {});
  if (read.success) return read.data;
  throw new CannotWrite(`${name} is not accepted:\n${z.prettifyError(read.error)}`);
}
