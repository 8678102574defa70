import { asked, notThere } from "../control.ts";
import { type Host, hostThat } from "../host.ts";
import type { Place } from "../project.ts";
import { graphView } from "../views/graph.ts";
import { outputsView } from "../views/outputs.ts";
import { runView } from "../views/run.ts";
import { approvalsView, listedRuns, waitsView } from "../views/runs.ts";
import { withAgentWaits } from "./agents/waits.ts";
import { findRun, openJournal, requireJournal } from "./journal.ts";
import { runViewAt } from "./moment.ts";

/** This machine. What is large (the engine, the runner) is loaded by the verb that needs it. */
export function localHost(place: Place): Host {
  const { project } = place;
  return hostThat("here", {
    status: (ask) => asked(() => statusHere(ask.most)),
    runs: ({ most }) =>
      asked(() => {
        using journal = openJournal(project);
        return { version: 1, runs: listedRuns(journal, most) };
      }),
    run: (named, { at } = {}) =>
      asked(() => {
        using journal = requireJournal(project);
        const { run } = findRun(journal, named);
        if (at !== undefined) return runViewAt(journal, run, at);
        const view = runView(journal.state(), journal.runState(run)!, Date.now());
        return withAgentWaits([view], project.stateFolder)[0]!;
      }),
    events: (named) =>
      asked(() => {
        using journal = requireJournal(project);
        return [...journal.loadRun(findRun(journal, named).run)];
      }),
    graph: (named) =>
      asked(() => {
        using journal = requireJournal(project);
        return graphView(journal.runState(findRun(journal, named).run)!, journal.durations());
      }),
    board: (ask) => asked(async () => (await import("./read-board.ts")).readBoard(place, ask)),
    map: () => asked(async () => (await import("./read-definition.ts")).readMap(place)),
    findings: () => asked(async () => (await import("./read-findings.ts")).readFindings(place)),
    settings: () => asked(async () => (await import("./read-definition.ts")).readSettings(place)),
    waits: () => asked(async () => waitsView((await statusHere(0)).open)),
    approvals: () => asked(async () => approvalsView((await statusHere(0)).open)),
    outputs: (environment) =>
      asked(async () => {
        using journal = openJournal(project);
        try {
          return outputsView(journal, environment);
        } catch (error) {
          await refuseUnknown(environment!);
          throw error;
        }
      }),
    releases: (ask) => asked(async () => (await import("../verbs/releases.ts")).listReleases(place, ask)),
    release: (named, ask) => asked(async () => (await import("../verbs/releases.ts")).showRelease(place, named, ask)),
    compare: (ask) => asked(async () => (await import("../verbs/releases.ts")).compareReleases(place, ask)),
    readiness: () =>
      asked(async () => {
        const { readinessHere } = await import("./readiness/readiness.ts");
        return readinessHere({ ok: true, value: project }, place.caller);
      }),
    logs: (request) => asked(async () => (await import("./read-logs.ts")).readLogs(place, request)),
    logPage: (request) => asked(async () => (await import("./read-log-page.ts")).readLogPage(place, request)),
    audit: (ask) => asked(async () => (await import("../verbs/audit.ts")).readAudit(project, ask)),
    verifyAudit: ({ noted }) => asked(async () => (await import("../verbs/audit.ts")).verifyAudit(project, noted)),
    report: (ask) => asked(async () => (await import("./read-report.ts")).reportHere(place, ask)),
    notices: (ask) => asked(async () => (await import("../verbs/notices.ts")).readNotices(place, ask)),
    testNotice: (ask, by) => asked(async () => (await import("./test-notice.ts")).testNotice(place, ask, by)),
    retryNotices: (ask) => asked(async () => (await import("../verbs/notices.ts")).retryNotices(place, ask)),
    tell: (request) => asked(async () => (await import("./telling.ts")).tellFrom(place, request)),
    position: () =>
      asked(() => {
        using journal = openJournal(project);
        return journal?.newestSeq() ?? 0;
      }),
    watch: (ask) => asked(async () => (await import("./watch-journal.ts")).watchJournal(place, ask)),
    plan: (request) => asked(async () => (await import("../verbs/plan.ts")).planRun(place, request)),
    move: (request) => asked(async () => (await import("../verbs/move.ts")).planMove(place, request)),
    push: (request) => asked(async () => (await import("../verbs/push.ts")).planPush(place, request)),
    schedules: (ask) => asked(async () => (await import("../verbs/scheduled.ts")).readSchedules(place, ask)),
    planScheduled: (request) =>
      asked(async () => (await import("../verbs/scheduled.ts")).planScheduled(place, request)),
    takeBack: (request, by) => asked(async () => (await import("../verbs/take-back.ts")).takeBack(place, request, by)),
    start: (planned, options, by) =>
      asked(async () => (await import("../verbs/run.ts")).startRun(place, planned, { options, by })),
    resume: (request, by) => asked(async () => (await import("../verbs/resume.ts")).resumeRun(place, request, by)),
    retry: (request, by) => asked(async () => (await import("../verbs/retry.ts")).retryRun(place, request, by)),
    cancel: (request, by) => asked(async () => (await import("../verbs/cancel.ts")).cancelRun(place, request, by)),
    answer: (request, by) => asked(async () => (await import("../verbs/answer.ts")).answerApproval(place, request, by)),
    freeze: (request, by) =>
      asked(async () => (await import("../verbs/freeze.ts")).freezeEnvironment(place, request, by)),
    drift: (request, by) => asked(async () => (await import("./drift.ts")).lookForDrift(place, request, by)),
    thaw: (request, by) => asked(async () => (await import("../verbs/freeze.ts")).thawEnvironment(place, request, by)),
  });

  /** Nothing can be deployed in an environment that there is not. A definition that cannot be read says nothing of that. */
  async function refuseUnknown(environment: string): Promise<void> {
    const { loadDefinition } = await import("../definition/load.ts");
    const delivery = await asked(() => loadDefinition(project.file, place.caller));
    if (!delivery.ok) return;
    const known = delivery.value.environments.map(({ name }) => name);
    if (!known.includes(environment)) throw notThere("no-environment", environment, known);
  }

  async function statusHere(most: number) {
    const { readStatus } = await import("../verbs/status.ts");
    const status = await readStatus(project, { most });
    return { ...status, open: withAgentWaits(status.open, project.stateFolder) };
  }
}
