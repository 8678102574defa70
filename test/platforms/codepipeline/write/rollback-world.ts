/** A pipeline's runs, and the function that rolls back in it. */
import assert from "node:assert/strict";
import { rollbackProgram } from "../../../../src/platforms/codepipeline/write/functions/rollback.ts";
import { loadedFunction } from "./loaded-function.ts";

export type Move = readonly [string, ...(string | number)[]];

interface Run {
  pipelineExecutionId: string;
  executionType: "STANDARD" | "ROLLBACK";
  status: "InProgress" | "Succeeded" | "Failed";
  startTime: Date;
  version: number;
  ended?: Date;
  rollbackMetadata?: { rollbackTargetPipelineExecutionId: string };
}

export const rollbackSource = rollbackProgram({
  stages: { p: ["prod"] },
  alarms: { unhealthy: [["p", "prod"]], slow: [["p", "prod"]] },
  watchMinutes: 5,
});

/** Runs that the stage was sent back to, and what the team was told. */
export async function after(
  moves: readonly Move[],
  source = rollbackSource,
): Promise<{ calls: string[]; told: string[] }> {
  const world = new World(source);
  for (const move of moves) await world.move(move);
  return { calls: world.calls, told: world.told };
}

/** Time passes by a minute with each move, so that no two things happen at once. */
class World {
  readonly calls: string[] = [];
  readonly told: string[] = [];
  readonly #runs: Run[] = [];
  readonly #hear: (event: object) => Promise<unknown>;
  readonly #failing = new Map<string, number>();
  #minute = 0;
  #version = 1;
  #there: string | undefined;

  constructor(source: string) {
    this.#hear = loadedFunction(source, {
      env: { TOPIC: "topic" },
      answer: (command, input) => this.#answer(command, input),
    });
  }

  async move([move, name, number]: Move): Promise<void> {
    this.#minute++;
    const run = String(name);
    switch (move) {
      case "begin":
        this.#begin(run);
        this.#there = run;
        return;
      case "passes":
      case "fails":
        // A rollback is in the stage when it is done.
        this.#there = run;
        Object.assign(this.#run(run), { status: move === "passes" ? "Succeeded" : "Failed", ended: this.#now() });
        return;
      case "change":
        this.#version++;
        return;
      case "wait":
        this.#minute += Number(name);
        return;
      case "breaks":
        this.#failing.set(run, Number(number ?? 1));
        return;
      case "hears of failure":
        return this.#called({
          "detail-type": "CodePipeline Stage Execution State Change",
          detail: { pipeline: "p", stage: "prod", state: "FAILED", "execution-id": run },
        });
      case "rings":
        return this.#called({
          "detail-type": "CloudWatch Alarm State Change",
          time: new Date(this.#now().getTime() + Number(number ?? 0) * 60_000).toISOString(),
          detail: { alarmName: run, state: { value: "ALARM" } },
        });
      default:
        throw new Error(`no move ${move}`);
    }
  }

  /** Lambda calls twice more where the function fails. */
  async #called(event: object): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#hear(event);
        return;
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  }

  #now(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.#minute * 60_000);
  }

  #begin(name: string, target?: string): void {
    this.#runs.unshift({
      pipelineExecutionId: name,
      executionType: target === undefined ? "STANDARD" : "ROLLBACK",
      status: "InProgress",
      startTime: this.#now(),
      version: this.#version,
      ...(target !== undefined && { rollbackMetadata: { rollbackTargetPipelineExecutionId: target } }),
    });
  }

  #run(name: string): Run {
    return this.#runs.find(({ pipelineExecutionId }) => pipelineExecutionId === name)!;
  }

  #answer(command: string, input: Record<string, never>): unknown {
    const left = this.#failing.get(command) ?? 0;
    if (left > 0) {
      this.#failing.set(command, left - 1);
      throw named("ThrottlingException");
    }
    switch (command) {
      case "GetPipelineState":
        return { stageStates: [{ stageName: "prod", ...this.#inStage() }] };
      case "GetPipeline":
        return { pipeline: { version: this.#version } };
      case "GetPipelineExecution": {
        const { executionType, version } = this.#run(input.pipelineExecutionId!);
        return { pipelineExecution: { executionType, pipelineVersion: version } };
      }
      case "ListPipelineExecutions": {
        const asked = this.#runs.filter(({ status }) => input.filter === undefined || status === "Succeeded");
        // One on each page.
        const at = Number(input.nextToken ?? 0);
        return {
          pipelineExecutionSummaries: asked.slice(at, at + 1),
          ...(at + 1 < asked.length && { nextToken: String(at + 1) }),
        };
      }
      case "RollbackStage": {
        if (this.#runs.some(({ status }) => status === "InProgress")) throw named("UnableToRollbackStageException");
        const name = `R${this.calls.length + 1}`;
        this.calls.push(input.targetPipelineExecutionId!);
        this.#begin(name, input.targetPipelineExecutionId);
        return { pipelineExecutionId: name };
      }
      case "Publish":
        assert.equal(input.TopicArn, "topic");
        this.told.push(input.Message!);
        return {};
      default:
        throw new Error(`no command ${command}`);
    }
  }

  #inStage(): object {
    if (this.#there === undefined) return {};
    const { status, ended } = this.#run(this.#there);
    return {
      latestExecution: { pipelineExecutionId: this.#there, status },
      actionStates: [{ latestExecution: ended === undefined ? {} : { lastStatusChange: ended } }],
    };
  }
}

const named = (name: string) => Object.assign(new Error(name), { name });
