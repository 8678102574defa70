import type { Delivery } from "../../model/delivery.ts";
import { secretsOf } from "../secrets.ts";
import type { CheckUp } from "./check-ups.ts";

/** Secrets that jobs name and the environment does not hold: a file may still give them. */
export function secretCheckUps(delivery: Delivery, env: NodeJS.ProcessEnv): CheckUp[] {
  const names = new Set<string>();
  for (const { name, jobs } of delivery.pipelines) {
    for (const job of Object.keys(jobs)) for (const secret of secretsOf(delivery, name, job)) names.add(secret);
  }
  if (names.size === 0) return [];
  const missing = [...names].filter((name) => env[name] === undefined);
  if (missing.length === 0) return [{ name: "secrets", verdict: "ok", text: `${[...names].join(", ")} set` }];
  return [
    {
      name: "secrets",
      verdict: "warn",
      text: `not set as environment variables: ${missing.join(", ")}`,
      remedy: "set them, or give baton run --secrets-file FILE",
    },
  ];
}
