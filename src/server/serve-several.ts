import type { Remote } from "../control/local/machine.ts";
import { AccessLog } from "./access-log.ts";
import { turnedAway } from "./app.ts";
import { type DeliveryOptions, openDelivery } from "./delivery.ts";
import { listening } from "./listen.ts";
import { type ServerOptions, type Serving, sharedOf } from "./serve.ts";
import { makeSeveralApp, type NamedDelivery } from "./several.ts";
import type { Problem } from "./wire/envelope.ts";

export interface SeveralOptions extends ServerOptions {
  /** `of`: the delivery that it concerns. */
  report(error: unknown, of?: string): void;
  deliveries: readonly (Omit<DeliveryOptions, "leads" | "agents"> & { name: string; remote: Remote | undefined })[];
}

/**
 * Serves several deliveries, each below `/d/NAME`. One whose journal cannot be read is told of at its address, and the others are
 * served all the same. @throws what listening throws
 */
export async function serveSeveral(options: SeveralOptions): Promise<Serving> {
  const { listen, limits, publicUrl, report, stateFolder } = options;
  const { stop, oidc, ...shared } = sharedOf(options, { isOfSeveral: true });
  const deliveries: NamedDelivery[] = [];
  for (const each of options.deliveries) {
    const { name, remote } = each;
    const reportOf = (error: unknown) => report(error, name);
    const own = { ...shared, signIn: shared.signIn.within(name), report: reportOf };
    const is = await openDelivery(each, own).catch(async (error: Error) => {
      reportOf(error);
      return { problem: (await turnedAway(error, { report: () => {} }).json()) as Problem };
    });
    deliveries.push({ name, remote, is });
  }
  const open = deliveries.flatMap(({ name, is }) => ("problem" in is ? [] : [{ name, is }]));
  const closeAll = async () => {
    await Promise.all(open.map(async ({ is }) => await is.close()));
    shared.access.close();
  };
  const app = makeSeveralApp({ ...shared, deliveries, accessLog: new AccessLog(stateFolder) });
  const server = await listening({
    listen,
    limits,
    answer: async (request, env) => await app.fetch(request, env),
  }).catch(async (error) => {
    await closeAll();
    throw error;
  });
  void oidc?.look();
  const foundAt = (name: string) => publicUrl && new URL(`/d/${name}/`, publicUrl);
  await Promise.all(
    open.map(async ({ name, is }) => await is.begin(foundAt(name)).catch((error) => report(error, name))),
  );
  return {
    url: server.url,
    async close() {
      stop();
      await server.close();
      await closeAll();
    },
  };
}
