/** A text for everything that the future of a simulation depends on: equal texts, equal futures. */

import { nameOfDelivery } from "./actions.ts";
import type { GithubWorld } from "./jobs.ts";
import type { Holder, Scope } from "./world.ts";

export function stateKey({ world }: GithubWorld): string {
  const runs = world.runs.map((run) => {
    const { info, state, conclusion, cancelled } = run;
    return `${info.pipeline} ${info.event} ${info.root} ${info.commit} ${state} ${conclusion} ${cancelled} ${keyOfScope(run.scope)}`;
  });
  const groups = [...world.groups.entries()]
    .map(([name, { holder, waiting }]) => `${name}: ${[holder, ...waiting].map(keyOfHolder).join(",")}`)
    .sort();
  const deliveries = world.deliveries.map(nameOfDelivery).sort();
  const refs = [...world.refs].map(([ref, commit]) => `${ref}=${commit}`).sort();
  return [...runs, ...groups, ...deliveries, ...refs].join("\n");
}

function keyOfScope(scope: Scope): string {
  let key = scope.cancelled ? "!" : "";
  for (const job of scope.jobs.values()) {
    key += `;${job.active} ${job.result} ${job.forgiven}`;
    for (const leg of job.legs) {
      const { state, step, failed, cancelled, forgiven, result, asked, called } = leg;
      key += `,${state} ${step} ${failed} ${cancelled} ${forgiven} ${result} ${asked}`;
      if (called) key += `{${keyOfScope(called)}}`;
    }
  }
  return key;
}

function keyOfHolder(holder: Holder | undefined): string {
  if (holder === undefined) return "";
  if (holder.kind === "run") return `${holder.run.info.id}`;
  const { job, index } = holder.leg;
  return `${job.scope.run.info.id}#${job.path.join("/")}[${index}]`;
}
