import { type Asked, asked, type Caller } from "../control.ts";
import { type Host, hostThat } from "../host.ts";
import { hereFor } from "./here.ts";
import { askingPlatform, type ForPlatform, type PlatformThat } from "./wanted.ts";

/** The pipelines that a platform was given for a delivery. What it cannot be asked, people ask it themselves. */
export function platformHost(
  { name, live }: PlatformThat<"live">,
  { project, wanted }: ForPlatform,
  caller: Caller,
): Host {
  const { delivery } = wanted;
  const here = hereFor(project, caller);
  /** Loaded when it is asked something. */
  const asking = async <T>(question: (of: Awaited<ReturnType<typeof live.load>>) => Promise<T>): Promise<Asked<T>> =>
    asked(async () => {
      const platform = await live.load();
      return await askingPlatform(delivery, caller, () => question(platform));
    });
  const can: Partial<Host> = {
    pipelines: () =>
      asking(async (platform) => {
        const found = await platform.pipelines!(wanted, here);
        return { version: 1, on: name, delivery: delivery.name, ...found };
      }),
    readiness: () =>
      asking(async (platform) => {
        const { checkUps, ...put } = await platform.readiness!(wanted, here);
        return { version: 1, on: name, checkUps, put };
      }),
  };
  return hostThat(name, Object.fromEntries(live.can.map((verb) => [verb, can[verb]])));
}
