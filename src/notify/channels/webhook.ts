import { createHmac } from "node:crypto";
import { postJson } from "./http.ts";
import { type Attempt, need, type Posted } from "./post.ts";

/** https://www.standardwebhooks.com: `webhook-id`, `webhook-timestamp`, and a `v1` signature over both and the body. */
export async function postWebhook({ to, letter, secrets, now, signal }: Attempt<"webhook">): Promise<Posted> {
  const url = need(secrets, to.url);
  const key = to.signing === undefined ? undefined : need(secrets, to.signing);
  const body = JSON.stringify(payloadOf(letter));
  return await postJson({ url, body, headers: signed({ id: letter.id, body, key, now }), signal });
}

interface Signed {
  id: string;
  body: string;
  /** Without one nobody can tell who sent it. */
  key: string | undefined;
  now: number;
}

/** The headers of Standard Webhooks. */
export function signed({ id, body, key, now }: Signed): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  if (key === undefined) return headers;
  const signature = createHmac("sha256", keyOf(key)).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}

/** What programs read, wherever it goes. */
export function payloadOf({ notice, line, commit, link }: Attempt["letter"]): object {
  const { kind, at, seq, delivery, environments, run, release, commit: id, by, title, because, next } = notice;
  const { event, branch, outcome, deployed } = notice;
  return {
    type: kind,
    timestamp: new Date(at).toISOString(),
    data: {
      version: 1,
      seq,
      delivery,
      environments,
      ...{ run, release, by, event, branch, outcome, deployed, title, because, line, next, link },
      ...(id !== undefined && { commit: { id, ...commit } }),
    },
  };
}

/** `whsec_` and base64; anything else is taken as it is. */
function keyOf(secret: string): Buffer {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret) ?? [];
  return encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, "base64");
}
