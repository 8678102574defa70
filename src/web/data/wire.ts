/** What the server answers with: its types, by the names that the pages use. Nothing of this is left at run time. */
import type { z } from "zod";
import type { mapView, settingsView } from "../../server/wire/definition.ts";
import type { findingsView } from "../../server/wire/findings.ts";
import type { movePreview, moveRequest } from "../../server/wire/moves.ts";
import type { releaseDiffView, releasesView, releaseView } from "../../server/wire/releases.ts";
import type { reportView } from "../../server/wire/report.ts";
import type {
  approvalsView,
  boardView,
  graphView,
  outputsView,
  runsView,
  runView,
  statusView,
  waitsView,
} from "../../server/wire/views.ts";

export type { AccessEntry, AccessPage } from "../../server/wire/access-log.ts";
export type { Session } from "../../server/wire/deeds.ts";
export type { DeliveriesView as Deliveries } from "../../server/wire/deliveries.ts";

import type { Notice } from "../../server/wire/envelope.ts";

export type { LogLine, LogPage, Problem } from "../../server/wire/envelope.ts";
export type { Notice };
export interface RunEvents {
  version: 1;
  events: Notice[];
}
export type Board = z.infer<typeof boardView>;
export type BoardCell = Board["pipelines"][number]["in"][string];
export type BoardEnvironment = Board["environments"][number];
export type Graph = z.infer<typeof graphView>;
export type GraphJob = Graph["jobs"][number];
export type Run = z.infer<typeof runView>;
export type JobView = Run["jobs"][number];
export type Status = z.infer<typeof statusView>;
export type Runs = z.infer<typeof runsView>;
export type RunRecord = Runs["runs"][number];
export type OpenRun = Status["open"][number];
export type Waits = z.infer<typeof waitsView>;
export type Waiting = Waits["waiting"][number];
export type WaitView = Waiting["wait"];
export type Approvals = z.infer<typeof approvalsView>;
export type Approval = Approvals["approvals"][number];
export type Outputs = z.infer<typeof outputsView>;
export type Releases = z.infer<typeof releasesView>;
export type ListedRelease = Releases["releases"][number];
export type ReleasePlace = ListedRelease["environments"][number];
export type Release = z.infer<typeof releaseView>;
export type ReleaseDiff = z.infer<typeof releaseDiffView>;
export type PipelineDiff = ReleaseDiff["pipelines"][number];
export type Report = z.infer<typeof reportView>;
export type Spread = NonNullable<Report["environments"][number]["leadTimeMs"]>;
export type MovePreview = z.infer<typeof movePreview>;
export type MoveRequest = z.infer<typeof moveRequest>;
export type MapOfAll = z.infer<typeof mapView>;
export type Findings = z.infer<typeof findingsView>;
export type Finding = Findings["findings"][number];
export type Settings = z.infer<typeof settingsView>;
