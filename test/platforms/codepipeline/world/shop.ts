/** Deliveries that the moves are made in: two sites on one infrastructure. */
import { delivery, env, pipeline, sh } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { type Definition, definitionOf, type Layout } from "./definition.ts";

export interface Change {
  /** Pipelines beside the infrastructure. */
  readonly sites?: readonly string[];
  readonly environments?: readonly string[];
  /** Further paths of the infrastructure. */
  readonly paths?: readonly string[];
  /** Pipelines that `admin` needs beside the infrastructure. */
  readonly adminNeeds?: "web";
  readonly approval?: boolean;
}

export function shop(change: Change = {}): Delivery {
  const { sites = ["web", "admin"], environments = ["dev", "prod"], paths = [], adminNeeds, approval = true } = change;
  const infra = pipeline("infra", {
    paths: ["infra/**", ...paths],
    outputs: { url: "string" },
    jobs: { apply: { deploys: true, steps: [sh("./apply.sh")] } },
  });
  const site = (name: string, needs: readonly (typeof infra)[]) =>
    pipeline(name, {
      needs: [infra, ...needs],
      paths: [`${name}/**`],
      jobs: {
        build: { per: "release", steps: [sh("make")], artifacts: { dist: "dist" } },
        deploy: {
          needs: ["build"],
          deploys: true,
          uses: ["dist"],
          env: { URL: infra.outputs.url },
          steps: [sh("./deploy.sh")],
        },
      },
    });
  const made = new Map<string, ReturnType<typeof site>>();
  for (const name of sites) {
    const needed = name === "admin" && adminNeeds ? [made.get(adminNeeds)!] : [];
    made.set(name, site(name, needed as never));
  }
  return delivery("shop", {
    pipelines: [infra, ...made.values()],
    environments: environments.map((name, index) => {
      const asks = name === "prod" && approval && { approval: { reviewers: ["ops"] } };
      return index === 0
        ? env(name, { branch: "main", ...asks })
        : env(name, { after: environments[index - 1]!, ...asks });
    }),
  });
}

const known = new Map<string, Promise<Definition>>();

export interface Settings {
  readonly rollback?: "stage" | "function";
  readonly waiting?: "all" | "newest";
  /** Of production, where there is one. */
  readonly alarms?: readonly string[];
}

/** Each is written and read back once. */
export function shopIn(layout: Layout, change: Change = {}, settings: Settings = {}): Promise<Definition> {
  const key = JSON.stringify([layout, change, settings]);
  let found = known.get(key);
  if (!found) {
    const built = shop(change);
    const allowed = built.pipelines.map(({ name }) => [name === "infra" ? "infra.apply" : `${name}.deploy`, []]);
    const { alarms, ...others } = settings;
    const hasProd = built.environments.some(({ name }) => name === "prod");
    found = definitionOf(built, layout, {
      permissions: Object.fromEntries(allowed),
      ...others,
      ...(alarms && hasProd && { alarms: { prod: alarms } }),
    });
    known.set(key, found);
  }
  return found;
}
