/** What looks after the pipelines: who is told, who rolls back, what is drawn. */

import { namesIn, ruleName } from "./events.ts";
import { ids } from "./fixed-names.ts";
import { rollbackResources } from "./functions/rollback.ts";
import type { Alarm, Dashboard, EventRule, Resource, Widget } from "./infrastructure.ts";
import type { Settings } from "./options.ts";
import type { LineStages } from "./stages.ts";
import { nameOf } from "./text.ts";

interface Observed {
  readonly delivery: string;
  readonly settings: Settings;
  readonly lines: readonly LineStages[];
  /** Names of the pipelines for pull requests. */
  readonly checks: readonly string[];
  readonly projects: readonly string[];
}

export function observability(observed: Observed): Resource[] {
  const { delivery, settings, lines } = observed;
  // Of a set it is told what was deployed where, when it is proven.
  const alone = lines.filter(({ line }) => !line.joined);
  const notices: EventRule[] = [
    ...(alone.length > 0
      ? [notice({ id: "TellPassed", states: ["SUCCEEDED"], words: "passed", observed: { ...observed, lines: alone } })]
      : []),
    // Checks are looked at when they fail; that they pass is what everybody expects.
    notice({
      id: "TellFailed",
      states: ["FAILED", "STOPPED", "CANCELED"],
      words: "did not pass",
      observed,
      more: observed.checks,
    }),
  ];
  return [
    {
      kind: "topic",
      id: ids.approvals,
      comment: ["Who is asked to approve and is told how runs ended."],
      name: `${delivery}-pipelines`,
      emailParameter: "NotificationEmail",
      publishers: [
        // A condition on the account would keep EventBridge itself out: it asks topics without saying for whom.
        { service: "events.amazonaws.com", tellsAccount: false },
        { service: "cloudwatch.amazonaws.com", tellsAccount: true },
      ],
    },
    ...notices,
    ...(settings.rollback === "function" ? rollbackResources(observed) : []),
    alarm({
      id: "NoticesLost",
      description: "Somebody was not told how a run ended",
      namespace: "AWS/Events",
      metric: "FailedInvocations",
      dimension: "RuleName",
      of: "TellFailed",
    }),
    ...dashboards(observed),
  ];

  function dashboards({ projects }: Observed): Dashboard[] {
    const builds = (metric: string) => projects.map((name) => ["AWS/CodeBuild", metric, "ProjectName", name] as const);
    const widgets: Widget[] = [
      {
        title: `Runs of ${lines.map(({ line }) => line.name).join(", ")}`,
        metrics: notices.map(({ id }) => ["AWS/Events", "MatchedEvents", "RuleName", ruleName(delivery, id)]),
        statistic: "Sum",
      },
      ...(projects.length > 0
        ? [
            { title: "Seconds of each build", metrics: builds("Duration"), statistic: "Average" as const },
            { title: "Failed builds", metrics: builds("FailedBuilds"), statistic: "Sum" as const },
          ]
        : []),
    ];
    return onDashboards(widgets).map((own, index) => ({
      kind: "dashboard",
      id: index === 0 ? "Dashboard" : `Dashboard${index + 1}`,
      comment: index === 0 ? ["How often runs pass, how long builds take, where they fail."] : [],
      name: index === 0 ? `${delivery}-pipelines` : `${delivery}-pipelines-${index + 1}`,
      widgets: own,
    }));
  }
}

/** Up to so many metrics a dashboard can be free. Source: the price list of CloudWatch. */
const freeMetrics = 50;

function onDashboards(widgets: readonly Widget[]): Widget[][] {
  const dashboards: Widget[][] = [];
  let metrics = Number.POSITIVE_INFINITY;
  for (const widget of widgets) {
    if (metrics + widget.metrics.length > freeMetrics) {
      dashboards.push([]);
      metrics = 0;
    }
    dashboards.at(-1)!.push(widget);
    metrics += widget.metrics.length;
  }
  return dashboards;
}

/** Where people look at a run; words in angle brackets are filled in by EventBridge. */
const runPage =
  "https://<region>.console.aws.amazon.com/codesuite/codepipeline/pipelines/<pipeline>/executions/<run>/timeline?region=<region>";

function notice({
  id,
  states,
  words,
  observed,
  more = [],
}: {
  id: string;
  states: readonly string[];
  words: string;
  observed: Observed;
  more?: readonly string[];
}): EventRule {
  return {
    kind: "rule",
    id,
    name: ruleName(observed.delivery, id),
    comment: [],
    description: `Tells the team that a run ${words}`,
    pattern: {
      source: ["aws.codepipeline"],
      "detail-type": ["CodePipeline Pipeline Execution State Change"],
      detail: {
        pipeline: namesIn([...observed.lines.map(({ line }) => line.name), ...more], observed.delivery),
        state: states,
      },
    },
    target: {
      kind: "topic",
      id: ids.approvals,
      paths: {
        pipeline: "$.detail.pipeline",
        state: "$.detail.state",
        run: "$.detail.execution-id",
        region: "$.region",
      },
      message: `"Run <run> of <pipeline> ${words}: <state>. Its stages, commit and reasons: ${runPage}"`,
    },
  };
}

function alarm({
  id,
  description,
  namespace,
  metric,
  dimension,
  of,
}: {
  id: string;
  description: string;
  namespace: string;
  metric: string;
  dimension: string;
  of: string;
}): Alarm {
  return {
    kind: "alarm",
    id,
    comment: [],
    description,
    namespace,
    metric,
    dimensions: { [dimension]: [nameOf(of)] },
    topic: ids.approvals,
  };
}
