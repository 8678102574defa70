import type { Retry } from "../../../model/delivery.ts";

/** A job that may be tried again: each of its scripts is, with the waits of the definition. */
export function retried(script: string, { attempts, delayMs, factor, maxDelayMs }: Retry): string {
  if (attempts <= 1) return script;
  const waits = [0];
  for (let n = 1; n < attempts; n++) waits.push(Math.ceil(Math.min(maxDelayMs, delayMs * factor ** (n - 1)) / 1000));
  return `for wait in ${waits.join(" ")}; do
sleep "$wait"
set +e
(
set -e
${script.endsWith("\n") ? script : `${script}\n`})
status=$?
set -e
if [ "$status" -eq 0 ]; then break; fi
done
exit "$status"
`;
}
