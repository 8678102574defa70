/** Whether somebody who knows the secret sent exactly these bytes. Compared in constant time. */

import { createHmac, timingSafeEqual } from "node:crypto";

/** GitHub: `X-Hub-Signature-256: sha256=HEX` over the body. */
export function isFromGithub(secret: string, body: Uint8Array, given: string | null): boolean {
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(given ?? "")?.[1];
  return hex !== undefined && isSame(digestOf(secret, body), Buffer.from(hex, "hex"));
}

/** How far the sender's clock may be away, and for how long somebody who overheard it could send it again. */
const toleranceSeconds = 300;

export interface StandardHeaders {
  id: string | null;
  /** Seconds since the epoch. */
  timestamp: string | null;
  /** `v1,BASE64`, several with spaces between them. */
  signature: string | null;
}

/** Standard Webhooks: over `ID.TIMESTAMP.BODY`. The secret is `whsec_` and base64, or the text itself. `now`: milliseconds. */
export function isStandard(
  secret: string,
  body: Uint8Array,
  { headers: { id, timestamp, signature }, now }: { headers: StandardHeaders; now: number },
): boolean {
  if (id === null || id === "" || signature === null || !/^\d{1,12}$/.test(timestamp ?? "")) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) return false;
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : secret;
  const expected = digestOf(key, Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]));
  return signature
    .split(" ")
    .flatMap((one) => (one.startsWith("v1,") ? [Buffer.from(one.slice(3), "base64")] : []))
    .some((given) => isSame(expected, given));
}

const digestOf = (key: string | Buffer, text: Uint8Array) => createHmac("sha256", key).update(text).digest();

const isSame = (expected: Buffer, given: Buffer) =>
  given.byteLength === expected.byteLength && timingSafeEqual(expected, given);
