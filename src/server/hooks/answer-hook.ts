import type { Remote } from "../../control/local/machine.ts";
import type { AccessLog } from "../access-log.ts";
import type { Pushes } from "../pushes.ts";
import { type Asking, uncached } from "../question.ts";
import { note } from "../tried.ts";
import type { HookName } from "../wire/routes.ts";
import type { Hooks } from "./hooks.ts";

export interface HookMeans {
  hooks: Hooks;
  accessLog: AccessLog;
  /** Who delivers what is pushed. */
  takers: readonly Taker[];
}

export interface Taker {
  /** Of several deliveries its name. */
  name?: string;
  pushes: Pick<Pushes, "takes" | "look">;
  /** Where its pushes come from; unknown, it looks whatever repository is named. */
  remote?: Remote | undefined;
}

/** Whoever knows the secret makes the server look; nothing else follows from what was sent. @throws {Turned} */
export async function answerHook(
  name: HookName,
  { request, address }: Asking,
  { hooks, accessLog, takers }: HookMeans,
): Promise<Response> {
  const { event, branch, repository } = await hooks.read(name, request, address).catch((error) => {
    note({ asked: name, from: address, about: {} }, { accessLog }, error);
    throw error;
  });
  const told = branch === undefined ? [] : takers.filter((taker) => isMeant(taker, branch, repository));
  for (const { pushes } of told) {
    pushes.look(branch!, { by: { name: hookNames[name], via: "webhook" }, from: address });
  }
  const deliveries = told.flatMap((taker) => taker.name ?? []);
  return Response.json(
    { version: 1, event, ...(told.length > 0 && { branch }), ...(deliveries.length > 0 && { deliveries }) },
    { headers: uncached },
  );
}

/** Where in doubt it looks: that costs a question to the remote and changes nothing. */
function isMeant({ pushes, remote }: Taker, branch: string, repository: string | undefined): boolean {
  if (!pushes.takes(branch)) return false;
  return remote === undefined || repository === undefined || remote.path.toLowerCase() === repository.toLowerCase();
}

const hookNames: Record<HookName, string> = { githubHook: "github", standardHook: "webhook" };
