/** What looks after the pipelines: who is told, who rolls back, what is drawn. */

import { ids } from "./fixed-names.ts";
import { chatResources } from "./functions/chat.ts";
import { noticesId, noticesResources } from "./functions/notices.ts";
import { rollbackResources } from "./functions/rollback.ts";
import type { Dashboard, Resource, Widget } from "./infrastructure.ts";
import type { Settings } from "./options.ts";
import type { LineStages } from "./stages.ts";

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
  const notices = noticesResources(observed);
  return [
    {
      kind: "topic",
      id: ids.approvals,
      comment: ["Who is asked to approve and is told how runs ended."],
      name: `${delivery}-pipelines`,
      emailParameter: "NotificationEmail",
      publishers: ["cloudwatch.amazonaws.com"],
    },
    ...notices,
    ...chatResources({ delivery, settings, lines, tells: noticesId }),
    ...(settings.rollback === "function" ? rollbackResources(observed) : []),
    ...dashboards(observed),
  ];

  function dashboards({ projects }: Observed): Dashboard[] {
    const builds = (metric: string) => projects.map((name) => ["AWS/CodeBuild", metric, "ProjectName", name] as const);
    const widgets: Widget[] = [
      {
        title: `Runs of ${lines.map(({ line }) => line.name).join(", ")}`,
        metrics: notices.flatMap((one) =>
          one.kind === "rule" ? [["AWS/Events", "MatchedEvents", "RuleName", one.name] as const] : [],
        ),
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

/** What differs from the metric before it, as CloudWatch itself writes it. */
export const shortened = (metrics: Widget["metrics"]): (readonly string[])[] =>
  metrics.map((metric, index) => {
    const before = metrics[index - 1]?.slice(0, -1).join(" ");
    return metric.slice(0, -1).join(" ") === before ? ["...", metric.at(-1)!] : metric;
  });

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
