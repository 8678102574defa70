/**
 * The views of control as they go over the wire, one schema each: answers are documented by them, and tests hold every
 * answer against them. Times are milliseconds since the epoch, durations are milliseconds.
 */

import { z } from "zod";
import type { BoardView } from "../../control/views/board.ts";
import type { GraphView } from "../../control/views/graph.ts";
import type { OutputsView } from "../../control/views/outputs.ts";
import type { PlanPreview } from "../../control/views/plan.ts";
import type { RunView } from "../../control/views/run.ts";
import type { ApprovalsView, RunsView, WaitsView } from "../../control/views/runs.ts";
import type { StatusView } from "../../control/views/status.ts";
import type { Missing, Nothing } from "./fits.ts";
import { byName, conclusion, deployed, freeze, freezeFields, milliseconds, time } from "./values.ts";

const isRemoved = z.literal(true).meta({ description: "It is in the newest definition no more." });

const deployedByPlace = byName(byName(deployed));

const moves = z
  .strictObject({ kind: z.enum(["promotion", "rollback"]), release: z.number().int() })
  .optional()
  .meta({ description: "It moves this earlier release; `release` is then the run's own number." });

const runRecord = z
  .strictObject({
    run: z.string(),
    release: z.number().int(),
    moves,
    commit: z.string(),
    createdAt: time,
    finishedAt: time.optional(),
    conclusion: conclusion.optional(),
  })
  .meta({ id: "RunRecord", description: "A run at a glance; without `conclusion` it has not ended." });

const askedOf = {
  count: z.number().int().optional().meta({ description: "How many different people must approve." }),
  given: z.array(z.string()).optional().meta({ description: "Who of them did." }),
  notBy: z.string().optional().meta({ description: "Who asked for the run and may not approve it." }),
};

const wait = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("jobs"), jobs: z.array(z.string()), more: z.number().int() }),
    z.strictObject({
      kind: z.literal("approval"),
      environment: z.string(),
      reviewers: z.array(z.string()),
      expiresAt: time.optional(),
      ...askedOf,
    }),
    z.strictObject({
      kind: z.literal("lock"),
      environment: z.string(),
      holder: z.string().optional(),
      ahead: z.number().int(),
    }),
    z.strictObject({
      kind: z.literal("freeze"),
      environment: z.string(),
      until: time,
      by: z.string(),
      reason: z.string(),
    }),
    z.strictObject({ kind: z.literal("window"), environment: z.string(), until: time }),
    z.strictObject({ kind: z.literal("rollback"), environment: z.string(), failed: z.string() }),
    z.strictObject({ kind: z.literal("group"), group: z.string() }),
    z.strictObject({ kind: z.literal("legs") }),
    z.strictObject({ kind: z.literal("slot") }),
    z.strictObject({ kind: z.literal("agent"), runsOn: z.array(z.string()), because: z.string() }),
    z.strictObject({ kind: z.literal("owner"), because: z.string() }),
    z.strictObject({ kind: z.literal("time"), until: time, looks: z.number().int().optional() }),
  ])
  .meta({ id: "Wait", description: "What something that has not started waits for." });

const waitingFields = {
  subject: z.string().meta({ description: "A job, or an environment that waits for an answer." }),
  wait,
  kind: z
    .enum(["elsewhere", "turn"])
    .meta({ description: "`elsewhere`: a person, another run or a clock; `turn`: something of this run." }),
};
const waiting = z.strictObject(waitingFields).meta({ id: "Waiting" });

const failure = z
  .strictObject({
    kind: z.enum(["exit", "signal", "timeout", "output", "artifact", "spawn", "tool", "lost"]),
    message: z.string(),
    step: z.number().int().optional(),
    exitCode: z.number().int().optional(),
  })
  .meta({ id: "Failure", description: "Why an attempt did not succeed." });

const job = z
  .strictObject({
    id: z.string(),
    status: z.enum(["waiting", "ready", "running", "backing-off", "succeeded", "failed", "skipped", "cancelled"]),
    attempts: z.number().int(),
    mostAttempts: z.number().int(),
    startedAt: time.optional(),
    durationMs: milliseconds.optional(),
    failure: failure.optional(),
    because: z.string().optional().meta({ description: "Why it was skipped." }),
  })
  .meta({ id: "Job" });

const approvalFields = {
  release: z.number().int(),
  environment: z.string(),
  reviewers: z.array(z.string()),
  expiresAt: time.optional(),
  ...askedOf,
  message: z.string().optional(),
  pipelines: z.array(z.string()).meta({ description: "What would be deployed." }),
};
const approval = z.strictObject(approvalFields).meta({ id: "Approval" });

const runFields = {
  version: z.literal(1),
  run: z.string(),
  release: z.number().int(),
  moves,
  delivery: z.string(),
  commit: z.string(),
  path: z.array(z.string()).meta({ description: "Environments, in promotion order." }),
  status: z.enum(["waiting", "running", "awaiting-approval", "suspended", "cancelling", "finished"]),
  conclusion: z.enum(["succeeded", "failed", "cancelled", "waiting"]),
  override: z.string().optional().meta({ description: "Why it goes on into frozen environments." }),
  cancelledBy: z.string().optional(),
  createdAt: time,
  finishedAt: time.optional(),
  durationMs: milliseconds,
  criticalPath: z.array(z.strictObject({ job: z.string(), durationMs: milliseconds })),
  jobs: z.array(job),
  approvals: z.array(approval),
  refused: z.array(z.string()),
  waiting: z.array(waiting),
};

export const runView = z.strictObject({ ...runFields, environments: deployedByPlace }).meta({ id: "Run" });

const openRun = z
  .strictObject({
    ...runFields,
    by: z.string().optional().meta({ description: "Who asked for it." }),
    runBy: z.strictObject({ pid: z.number().int().optional() }).optional(),
  })
  .meta({ id: "OpenRun", description: "`runBy` is absent when nobody makes it go on." });

const runName = { run: z.string(), release: z.number().int() };

const lockHolder = z.strictObject({
  ...runName,
  since: time.optional().meta({ description: "When it took the lock." }),
  leftMs: milliseconds.optional().meta({ description: "How long it will take, by what its jobs took before." }),
});

const lockWaiter = z.strictObject({
  ...runName,
  since: time.optional().meta({ description: "Since when it lacks nothing else." }),
  startsInMs: milliseconds.optional().meta({ description: "In what time it is its turn, by what jobs took before." }),
});

export const statusView = z
  .strictObject({
    version: z.literal(1),
    deployed: byName(byName(deployed.extend({ at: time, isRemoved: isRemoved.optional() }).meta({ id: "Deployment" }))),
    runs: z.array(runRecord),
    open: z.array(openRun),
    locks: z
      .array(z.strictObject({ environment: z.string(), holder: lockHolder.optional(), queue: z.array(lockWaiter) }))
      .optional()
      .meta({ description: "Where somebody deploys, and who stands in line. Absent: nobody does." }),
    freezes: z.array(freeze),
    halfDeployed: z
      .array(
        z.strictObject({
          environment: z.string(),
          pipeline: z.string(),
          release: z.number().int().meta({ description: "The number of the run that began it." }),
          passed: z
            .number()
            .int()
            .optional()
            .meta({ description: "What passed there last; absent where nothing has." }),
          run: z.string().optional(),
        }),
      )
      .optional()
      .meta({ description: "Where something newer than `deployed` says began, and did not pass. Absent: nowhere." }),
    owed: z
      .array(z.strictObject({ environment: z.string(), failed: z.string(), job: z.string(), at: time }))
      .meta({ description: "What failed where it is to be taken back, and has not been." }),
    promotions: z
      .array(z.strictObject({ environment: z.string(), release: z.number().int(), branch: z.string(), at: time }))
      .optional()
      .meta({
        description:
          "What is promoted by itself, from when on, by a server that delivers the branch; unless something else happens before.",
      }),
    held: z
      .array(z.strictObject({ environment: z.string(), release: z.number().int(), text: z.string() }))
      .optional()
      .meta({ description: "What could be promoted by itself and is not, and why." }),
    untold: z
      .array(z.strictObject({ target: z.string(), givenUp: z.number().int(), failure: z.string() }))
      .optional()
      .meta({ description: "Who was not told of something that was to be told." }),
    snapshots: byName(z.string()).optional(),
  })
  .meta({ id: "Status" });

const boardCell = z
  .strictObject({
    deployed: z
      .strictObject({ release: z.number().int(), number: z.number().int(), commit: z.string(), at: time })
      .optional()
      .meta({
        description: "`number`: of the run that brought it; a promotion or rollback brings an earlier release.",
      }),
    coming: z.strictObject({ ...runName, status: z.enum(["running", "waiting"]) }).optional(),
    failed: z
      .strictObject({ ...runName, job: z.string(), at: time })
      .optional()
      .meta({ description: "A newer release than the one deployed, which failed here." }),
  })
  .meta({ id: "BoardCell", description: "A pipeline in an environment." });

const driftFound = z.enum(["same", "differs", "unknown"]);

export const boardView = z
  .strictObject({
    version: z.literal(1),
    delivery: z.string(),
    environments: z.array(
      z.strictObject({
        name: z.string(),
        after: z.array(z.string()),
        reviewers: z.array(z.string()),
        holder: lockHolder.optional(),
        queue: z.array(lockWaiter),
        asks: z.array(z.strictObject({ ...runName, expiresAt: time.optional() })),
        freeze: z
          .strictObject(freezeFields)
          .optional()
          .meta({ description: "While nothing begins to be deployed here." }),
        window: z
          .strictObject({ isOpen: z.boolean(), opensAt: time.optional() })
          .optional()
          .meta({ description: "Of an environment with change windows." }),
        drift: z
          .strictObject({
            found: driftFound,
            at: time,
            jobs: z.array(
              z.strictObject({
                job: z.string(),
                release: z.number().int(),
                found: driftFound,
                said: z.array(z.string()),
              }),
            ),
          })
          .optional()
          .meta({ description: "What whoever looked last found; absent: nobody looked at what is there now." }),
      }),
    ),
    pipelines: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        needs: z.array(z.string()),
        in: byName(boardCell).meta({ description: "By environment." }),
      }),
    ),
  })
  .meta({ id: "Board" });

export const graphJob = z
  .strictObject({
    id: z.string(),
    pipeline: z.string(),
    job: z.string(),
    environment: z.string().optional().meta({ description: "Absent: made once for the release." }),
    matrix: byName(z.string()).optional(),
    deploys: z.boolean(),
    decision: z.enum(["run", "reuse", "skip"]),
    reason: z.string(),
    after: z.array(z.string()).meta({ description: "Jobs and joins that must have ended before." }),
    expectedMs: milliseconds.optional(),
    steps: z.array(z.string()),
  })
  .meta({ id: "GraphJob" });

export const graphView = z
  .strictObject({
    version: z.literal(1),
    run: z.string(),
    environments: z.array(z.string()).meta({ description: "In promotion order." }),
    jobs: z.array(graphJob),
    joins: z.array(z.strictObject({ id: z.string(), after: z.array(z.string()) })),
    criticalPath: z.array(z.string()),
  })
  .meta({ id: "Graph", description: "What a run consists of, as it was planned." });

export const runsView = z.strictObject({ version: z.literal(1), runs: z.array(runRecord) }).meta({ id: "Runs" });

const ofRun = { run: z.string(), release: z.number().int() };

export const waitsView = z
  .strictObject({ version: z.literal(1), waiting: z.array(z.strictObject({ ...waitingFields, ...ofRun })) })
  .meta({ id: "Waits" });

export const approvalsView = z
  .strictObject({
    version: z.literal(1),
    approvals: z.array(z.strictObject({ ...approvalFields, run: z.string() })),
  })
  .meta({ id: "Approvals" });

export const outputsView = z
  .strictObject({ version: z.literal(1), environments: deployedByPlace })
  .meta({ id: "Outputs" });

export const planPreview = z
  .strictObject({
    version: z.literal(1),
    delivery: z.string(),
    commit: z.string(),
    branch: z.string().optional(),
    environments: z.array(z.string()),
    parameters: byName(z.string()),
    jobs: z.array(z.strictObject({ id: z.string(), decision: z.enum(["run", "reuse", "skip"]) })),
    pipelines: z.array(
      z.strictObject({
        pipeline: z.string(),
        environment: z.string(),
        decision: z.enum(["run", "reuse", "skip"]),
        reason: z.string(),
      }),
    ),
    approvals: z.array(
      z.strictObject({
        environment: z.string(),
        reviewers: z.array(z.string()),
        message: z.string().optional(),
        count: z.number().int().optional(),
        selfApproval: z.literal(false).optional(),
      }),
    ),
    strays: z.array(z.strictObject({ environment: z.string(), text: z.string(), isRefused: z.boolean() })),
    missingParameters: z.array(z.string()),
    freezes: z.array(freeze).meta({ description: "What would keep something of it waiting just now." }),
    closed: z
      .array(z.strictObject({ environment: z.string(), until: time }))
      .meta({ description: "Where it would wait for a change window just now." }),
  })
  .meta({ id: "PlanPreview", description: "What a run would do." });

export type Views = [
  Nothing<Missing<typeof boardView, BoardView>>,
  Nothing<Missing<typeof graphView, GraphView>>,
  Nothing<Missing<typeof planPreview, PlanPreview>>,
  Nothing<Missing<typeof runView, RunView>>,
  Nothing<Missing<typeof statusView, StatusView>>,
  Nothing<Missing<typeof runsView, RunsView>>,
  Nothing<Missing<typeof waitsView, WaitsView>>,
  Nothing<Missing<typeof approvalsView, ApprovalsView>>,
  Nothing<Missing<typeof outputsView, OutputsView>>,
];
