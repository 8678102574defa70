import { createHmac } from "node:crypto";
import { postJson } from "./http.ts";
import { type Attempt, need, type Posted } from "./post.ts";

/** https://www.standardwebhooks.com: `webhook-id`, `webhook-timestamp`, and a `v1` signature over both and the body. */
export async function postWebhook({ to, letter, secrets, now, signal }: Attempt<"webhook">): Promise<Posted> {
  const url = need(secrets, to.url);
  const key = to.signing === undefined ? undefined : keyOf(need(secrets, to.signing));
  const timestamp = String(Math.floor(now / 1000));
  const body = JSON.stringify(payloadOf(letter));
  const headers: Record<string, string> = { "webhook-id": letter.id, "webhook-timestamp": timestamp };
  if (key !== undefined) {
    const signature = createHmac("sha256", key).update(`${letter.id}.${timestamp}.${body}`).digest("base64");
    headers["webhook-signature"] = `v1,${signature}`;
  }
  return await postJson({ url, body, headers, signal });
}

function payloadOf({ notice, line, commit, link }: Attempt["letter"]): object {
  const { kind, at, seq, delivery, environments, run, release, commit: id, by, title, because, next } = notice;
  return {
    type: kind,
    timestamp: new Date(at).toISOString(),
    data: {
      version: 1,
      seq,
      delivery,
      environments,
      ...{ run, release, by, title, because, line, next, link },
      ...(id !== undefined && { commit: { id, ...commit } }),
    },
  };
}

/** `whsec_` and base64; anything else is taken as it is. */
function keyOf(secret: string): Buffer {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret) ?? [];
  return encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, "base64");
}
