import { post } from "../../notify/channels/channels.ts";
import type { Notice } from "../../notify/messages/notice.ts";
import { type Actor, notThere } from "../control.ts";
import { loadDefinition } from "../definition/load.ts";
import type { Place } from "../project.ts";
import { readSecrets } from "../request/secrets.ts";
import type { TestNotice } from "../verbs/notices.ts";
import type { NoticeTestView } from "../views/notices.ts";

const limitMs = 30_000;

/** Sends a target of the definition, as it stands, something to be seen there. Nothing of it is kept. @throws {Refused} */
export async function testNotice({ project, caller }: Place, request: TestNotice, by: Actor): Promise<NoticeTestView> {
  const { target, secretsFile } = request;
  const { name: delivery, notices = {} } = await loadDefinition(project.file, caller);
  if (!Object.hasOwn(notices, target)) throw notThere("no-target", target, Object.keys(notices));
  const { to } = notices[target]!;
  const now = Date.now();
  const notice: Notice = {
    seq: 0,
    at: now,
    kind: "test",
    delivery,
    environments: [],
    by: by.name,
    title: `${by.name} tries whether notices get to ${target}`,
    because: ["They do: nothing has happened, and there is nothing to do."],
  };
  const letter = { id: `baton_test_${crypto.randomUUID()}`, notice };
  const signal = AbortSignal.timeout(limitMs);
  const posted = await post({ to, letter, secrets: readSecrets(caller, secretsFile), now, signal });
  const isTaken = posted.kind === "taken";
  return { version: 1, target, kind: to.kind, isTaken, ...(!isTaken && { because: posted.because }) };
}
