/** What a watcher of runs is told, and the names in it: faces take these types from here and not from the engine. */
export type { DriftLooked, EngineEvent, JobFailed, Recorded, RunId } from "../../engine/events.ts";
export type { JobId } from "../../plan/plan.ts";
export type { OutputLine } from "../../runner/runner.ts";
