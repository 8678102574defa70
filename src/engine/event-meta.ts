import type { Recorded } from "./events.ts";

/** What folding an event may need besides the event itself. */
export type EventMeta = Pick<Recorded, "seq" | "at">;
