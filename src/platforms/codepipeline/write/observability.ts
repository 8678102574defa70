/** What looks after the pipelines: who is told, who rolls back, what is drawn. */

import { ids } from "./fixed-names.ts";
import type { Alarm, Dashboard, EventRule, Resource, Role, Statement, Widget } from "./infrastructure.ts";
import { limits } from "./limits.ts";
import type { Settings } from "./options.ts";
import { rollbackRuntime, rollbackSource } from "./rollback-function.ts";
import type { LineStages } from "./stages.ts";
import { arnOf, localArn, nameOf } from "./text.ts";

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
  const rollsBack = settings.rollback === "function";
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
    ...(rollsBack ? rollback(observed) : []),
    alarm({
      id: "NoticesLost",
      description: "Somebody was not told how a run ended",
      namespace: "AWS/Events",
      metric: "FailedInvocations",
      dimension: "RuleName",
      of: "TellFailed",
    }),
    ...(rollsBack
      ? [
          alarm({
            id: "RollbackBroken",
            description: "The function that rolls back has failed itself",
            namespace: "AWS/Lambda",
            metric: "Errors",
            dimension: "FunctionName",
            of: "Rollback",
          }),
        ]
      : []),
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

/** Names for a pattern: each, or what all of them begin with where a pattern has no room for each. */
export const namesIn = (names: readonly string[], delivery: string): readonly (string | { prefix: string })[] =>
  JSON.stringify(names).length <= limits.events.pattern / 2 ? names : [{ prefix: delivery }];

/** Physical names, because a dashboard cannot refer to resources. */
export const ruleName = (delivery: string, id: string) =>
  `${delivery}-${id.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}`;

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

function rollback({ delivery, settings, lines }: Observed): Resource[] {
  const environmentsOf = ({ line, stages }: LineStages) =>
    line.environments.map(({ name }) => name).filter((name) => stages.some((stage) => stage.name === name));
  const stages = Object.fromEntries(lines.map((one) => [one.line.name, environmentsOf(one)]));
  const alarms: Record<string, [string, string][]> = {};
  for (const one of lines) {
    for (const environment of environmentsOf(one)) {
      const rings = Object.hasOwn(settings.alarms, environment) ? settings.alarms[environment]! : [];
      for (const name of rings) alarms[name] = [...(alarms[name] ?? []), [one.line.name, environment]];
    }
  }
  const pipelines = lines.map(({ line }) => localArn("codepipeline", line.name));
  const statements: Statement[] = [
    {
      sid: "LookAtRuns",
      actions: [
        "codepipeline:GetPipeline",
        "codepipeline:GetPipelineState",
        "codepipeline:GetPipelineExecution",
        "codepipeline:ListPipelineExecutions",
      ],
      resources: pipelines,
    },
    {
      sid: "RollBack",
      actions: ["codepipeline:RollbackStage"],
      resources: lines.flatMap((one) =>
        environmentsOf(one).map((name) => localArn("codepipeline", `${one.line.name}/${name}`)),
      ),
    },
    { sid: "Tell", actions: ["sns:Publish"], resources: [[arnOf(ids.approvals)]] },
    {
      sid: "Log",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [localArn("logs", `log-group:/aws/lambda/${delivery}-rollback:*`)],
    },
  ];
  const role: Role = { kind: "role", id: "RollbackRole", comment: [], service: "lambda.amazonaws.com", statements };
  const heard = (id: string, description: string, pattern: EventRule["pattern"]): EventRule => ({
    kind: "rule",
    id,
    name: ruleName(delivery, id),
    comment: [],
    description,
    pattern,
    target: { kind: "function", id: "Rollback" },
  });
  return [
    role,
    { kind: "logs", id: "RollbackLogs", comment: [], name: `/aws/lambda/${delivery}-rollback`, retentionDays: 90 },
    {
      kind: "function",
      description: "Puts the last run that went well back where a deployment failed",
      file: "rollback.py",
      timeoutSeconds: 60,
      memoryMb: 256,
      id: "Rollback",
      comment: ["Puts the last run that went well back where a deployment failed."],
      name: `${delivery}-rollback`,
      role: "RollbackRole",
      logs: "RollbackLogs",
      runtime: rollbackRuntime,
      source: rollbackSource,
      variables: {
        STAGES: JSON.stringify(stages),
        ALARMS: JSON.stringify(alarms),
        WATCH_MINUTES: String(settings.watchMinutes),
        TOPIC: [arnOf(ids.approvals)],
      },
    },
    heard("DeploymentFailed", "Rolls an environment back when its deployment failed", {
      source: ["aws.codepipeline"],
      "detail-type": ["CodePipeline Stage Execution State Change"],
      detail: {
        pipeline: namesIn(Object.keys(stages), delivery),
        stage: [...new Set(Object.values(stages).flat())],
        state: ["FAILED"],
      },
    }),
    ...(Object.keys(alarms).length > 0
      ? [
          heard("AlarmRings", "Rolls an environment back when one of its alarms rings", {
            source: ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            detail: { alarmName: Object.keys(alarms), state: { value: ["ALARM"] } },
          }),
        ]
      : []),
  ];
}
