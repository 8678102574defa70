import type { Service } from "../../runner/services.ts";

/** What a job left running, as its step named it. */
export type ServiceView = Omit<Service, "token">;

export function serviceView({ token: _, ...shown }: Service): ServiceView {
  return shown;
}
