import { allSecretsOf } from "../../control/request/secrets.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { CheckUp } from "../../platforms/live.ts";

/** Secrets that jobs name and the environment does not hold: a file may still give them. */
export function secretCheckUps(delivery: Delivery, env: NodeJS.ProcessEnv): CheckUp[] {
  const names = allSecretsOf(delivery);
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
