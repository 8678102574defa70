/** What the runner keeps of what jobs print, for those who show it. */
export { IndexedLog } from "../../runner/indexed-log.ts";
export { type AttemptName, logPath, runLogsFolder } from "../../runner/log-path.ts";
export { type LogFollower, lastLines, openRunLogs, type RunLogReader } from "../../runner/log-reader.ts";
