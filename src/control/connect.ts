import { type Asked, asked, type Caller } from "./control.ts";
import type { Host } from "./host.ts";
import { localHost } from "./local/local-host.ts";
import type { Wishes } from "./platform/wanted.ts";
import { findProject } from "./project.ts";

/** Whom to ask about the delivery that the caller is in: this machine, or with `on` a platform that it was generated for. */
export async function connect(
  caller: Caller,
  { on, ...wishes }: Wishes & { on?: string | undefined },
): Promise<Asked<Host>> {
  return await asked(async () => {
    if (on === undefined) return localHost({ project: findProject(caller, wishes), caller });
    const [{ platformFor, readForPlatform }, { platformHost }] = await Promise.all([
      import("./platform/wanted.ts"),
      import("./platform/platform-host.ts"),
    ]);
    const platform = platformFor(on, "live");
    return platformHost(platform, await readForPlatform(platform, wishes, caller), caller);
  });
}
