import { cloudEventsOf } from "../messages/cdevents.ts";
import { postJson } from "./http.ts";
import { type Attempt, need, type Posted } from "./post.ts";
import { payloadOf, signed } from "./webhook.ts";

/** For each event: one notice may be as many as there are pipelines. */
const eventMs = 10_000;

/**
 * CDEvents in CloudEvents, structured mode over HTTP. What is several events is sent one after the other: whoever gets one again, because
 * the next one did not go, knows it by its id.
 */
export async function postCdEvents({ to, letter, secrets, now, signal }: Attempt<"cdevents">): Promise<Posted> {
  const url = need(secrets, to.url);
  const key = to.signing === undefined ? undefined : need(secrets, to.signing);
  const { id, notice, link, line } = letter;
  for (const event of cloudEventsOf({ id, notice, link, line, payload: payloadOf(letter) })) {
    const body = JSON.stringify(event);
    const signature = key === undefined ? {} : signed({ id: event.id, body, key, now });
    const headers = { "content-type": "application/cloudevents+json; charset=utf-8", ...signature };
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(eventMs)]);
    const posted = await postJson({ url, body, headers, signal: inTime });
    if (posted.kind !== "taken") return posted;
  }
  return { kind: "taken" };
}
