import { join } from "node:path";
import { createServiceRegistry, type Service } from "../../runner/services.ts";
import { type Caller, notThere } from "../control.ts";
import type { Project } from "../project.ts";
import { type ServiceView, serviceView } from "../views/services.ts";

/** Between asking a process to end and ending it. */
const graceMs = 10_000;

/** What jobs of a project left running. */
export interface Services {
  list(): ServiceView[];
  /** The one of this name, or all; tells of each once it has ended. @throws {Refused} */
  stop(name: string | undefined, stopped: (service: ServiceView) => void): Promise<void>;
}

export function servicesOf({ stateFolder }: Project, { env }: Pick<Caller, "env">): Services {
  const registry = createServiceRegistry({ file: join(stateFolder, "services.json"), graceMs, env: definedOf(env) });
  return {
    list: () => registry.list().map(serviceView),
    async stop(name, stopped) {
      for (const service of meant(registry.list(), name)) {
        await registry.stop(service);
        stopped(serviceView(service));
      }
    },
  };
}

function meant(services: readonly Service[], name: string | undefined): readonly Service[] {
  if (name === undefined) return services;
  const found = services.filter((service) => service.name === name);
  if (found.length > 0) return found;
  const names = services.map((service) => service.name);
  throw notThere("no-service", name, names);
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
