import type { Delivery, Environment } from "./delivery.ts";

type Environments = Pick<Delivery, "environments">;

/** What pull requests have one of each; a delivery has one at most. */
export function previewOf({ environments }: Environments): Environment | undefined {
  return environments.find(({ preview }) => preview);
}

/** Environments that are there whatever pull requests there are. */
export function standing<D extends Environments>(delivery: D): D {
  if (previewOf(delivery) === undefined) return delivery;
  return { ...delivery, environments: delivery.environments.filter(({ preview }) => !preview) };
}
