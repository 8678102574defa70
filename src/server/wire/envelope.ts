/** What is around every answer, what a refused question is answered with, and what the stream of events carries. */

import { z } from "zod";

/** How an answer comes: the view, and the moment it is of. */
export interface Envelope<View> {
  version: 1;
  /** The number of the newest event that the view holds for certain. Subscribing behind it misses nothing. */
  asOf: number;
  /** The server's clock, milliseconds since the epoch: what relative times are relative to. */
  at: number;
  view: View;
}

export const envelope = <View extends z.ZodType>(view: View) =>
  z.strictObject({
    version: z.literal(1),
    asOf: z.number().int().min(0).meta({ description: "The newest event that the view holds for certain." }),
    at: z.number().meta({ description: "The server's clock, milliseconds since the epoch." }),
    view,
  });

/** RFC 9457, with the refusal as data beside the words: media type application/problem+json. */
export const problem = z
  .strictObject({
    type: z.string().meta({ description: "`urn:baton:CODE`." }),
    status: z.number().int(),
    title: z.string().meta({ description: "One sentence for a person." }),
    /** What to do next. */
    next: z.string().optional(),
    code: z.string(),
    subject: z.string().optional(),
    known: z.array(z.string()).optional(),
    near: z.string().optional(),
  })
  .meta({ id: "Problem", description: "Why it was not answered, in words and as data." });

export type Problem = z.infer<typeof problem>;

/**
 * One event of the journal in the stream `/api/events`: what happened to what. Whoever needs more asks for the view. The
 * stream's event id is `seq`.
 */
export const notice = z
  .strictObject({
    seq: z.number().int(),
    at: z.number(),
    type: z.string().meta({ description: "`run.created`, `job.started`, `approval.answered` and so on." }),
    run: z.string().meta({ description: "Empty where it belongs to no run." }),
    release: z.number().int().optional(),
    job: z.string().optional(),
    attempt: z.number().int().optional(),
    environment: z.string().optional(),
    by: z.string().optional().meta({ description: "Who did it, where somebody did." }),
    answer: z.string().optional(),
    conclusion: z.string().optional(),
    because: z.string().optional().meta({ description: "Why, one sentence." }),
  })
  .meta({ id: "Notice" });

export type Notice = z.infer<typeof notice>;

/**
 * Sent as `event: beat` every few seconds when nothing happens, so that a connection that died is noticed; and as
 * `event: reload` when the stream cannot go on behind the event that was asked for: everything is to be asked for again.
 */
export const beat = z.strictObject({ asOf: z.number().int(), at: z.number() }).meta({ id: "Beat" });

export type Beat = z.infer<typeof beat>;

/** One line of a log; `line` counts from 0 within the attempt. */
export const logLine = z
  .strictObject({
    job: z.string(),
    attempt: z.number().int(),
    line: z.number().int(),
    at: z.number(),
    step: z.number().int(),
    text: z
      .string()
      .meta({ description: "As the job printed it, secrets masked; may hold colours (SGR), never markup." }),
  })
  .meta({ id: "LogLine" });

export const logPage = z
  .strictObject({
    version: z.literal(1),
    run: z.string(),
    job: z.string(),
    lines: z.array(logLine),
    total: z.number().int().meta({ description: "How many lines there are now." }),
    cut: z
      .number()
      .int()
      .optional()
      .meta({ description: "The log was full: this line stands for those that were left out, and says how many." }),
    failing: z.number().int().optional().meta({ description: "Of `at=failure`: the line." }),
    end: z
      .enum(["complete", "underway", "left", "not-started", "nowhere"])
      .meta({ description: "`underway`: more may come. `left`: nobody runs it. `nowhere`: nothing is kept." }),
  })
  .meta({ id: "LogPage" });

export type LogLine = z.infer<typeof logLine>;
export type LogPage = z.infer<typeof logPage>;
