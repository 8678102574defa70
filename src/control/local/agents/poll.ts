import type { Launch } from "../../../engine/ports.ts";
import type { Tool } from "../../../model/delivery.ts";
import type { HandedSource, Holder } from "../../../store/attempt-table.ts";

/** What an agent says of itself each time. */
export interface Poll {
  holder: Holder;
  name: string;
  /** Counts the questions of this start of it; absent where it does not count them. */
  number?: number | undefined;
  labels: readonly string[];
  slots: number;
  free: number;
  replaces?: string | undefined;
  holds: readonly string[];
  tools: Readonly<Record<string, string | null>>;
}

export interface PollResult {
  claims: { launch: Launch; source: HandedSource; secrets: Record<string, string> }[];
  stops: { token: string; mode: "graceful" | "now" }[];
  lost: string[];
  asks: Tool[];
}
