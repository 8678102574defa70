/** What somebody may do: roles, each everywhere or in some environments. Whoever has any may look at everything. */

/** Those of people and programs; see docs/serve.md. A role does not contain another, but everybody who has one may look. */
export const grantedRoles = ["viewer", "operator", "approver"] as const;

/**
 * Those of machines that run jobs, see docs/agents.md: the first lets one register, once; the second is what it has then. They
 * open nothing but the addresses of agents, and nobody else's role opens these.
 */
export const agentRoles = ["agent", "registered-agent"] as const;

export type Role = (typeof grantedRoles)[number] | (typeof agentRoles)[number];

export interface Grant {
  readonly role: Role;
  /** Absent: in all. `shop/prod` is one of the delivery `shop` alone, `shop/*` are all of that. */
  readonly environments?: readonly string[];
  /** Of a machine's roles: it has none but these, whatever it says. Absent: what it says. */
  readonly labels?: readonly string[];
}

/** As in the protocol of agents. */
const label = /^[\p{L}\p{N}][\p{L}\p{N}._:@+/-]{0,99}$/u;

/** `operator`, `approver:test,prod`, `agent:linux,arm64`. Undefined for what is none. */
export function readGrant(text: string): Grant | undefined {
  const [name = ""] = text.split(":", 1);
  const places = name === text ? undefined : text.slice(name.length + 1);
  const role = [...grantedRoles, ...agentRoles].find((one) => one === name);
  if (role === undefined) return undefined;
  if (places === undefined) return { role };
  if (isOfAgents(role)) {
    const labels = places.split(",");
    return labels.every((one) => label.test(one)) ? { role, labels } : undefined;
  }
  const environments = places.split(",");
  const fits = role === "viewer" ? /^[^/]+\/\*$/ : /^([^/]+\/)?[^/]+$/;
  if (places.includes(":") || !environments.every((one) => fits.test(one))) return undefined;
  return { role, environments };
}

/** Of these grants what counts for one delivery of a server; undefined where it serves but one, which has no name there. */
export function grantsWithin(delivery: string | undefined, grants: readonly Grant[]): Grant[] {
  return grants.flatMap((grant) => {
    if (grant.environments === undefined) return grant;
    const own = grant.environments.flatMap((place) => {
      if (!place.includes("/")) return place;
      return delivery !== undefined && place.startsWith(`${delivery}/`) ? place.slice(delivery.length + 1) : [];
    });
    if (own.includes("*")) return { role: grant.role };
    return own.length === 0 ? [] : { ...grant, environments: own };
  });
}

export const isOfAgents = (role: Role) => (agentRoles as readonly Role[]).includes(role);

export function grantText({ role, environments, labels }: Grant): string {
  const places = environments ?? labels;
  return places === undefined ? role : `${role}:${places.join(",")}`;
}

/** Of the labels that a machine says it has, those that it may have. */
export function labelsWithin(grants: readonly Grant[], said: readonly string[]): string[] {
  const bound = grants.find(({ role }) => role === "registered-agent")?.labels?.map((one) => one.toLowerCase());
  return said.filter((one) => bound === undefined || bound.includes(one.toLowerCase()));
}

/** Whether these grants let somebody do what takes this role, in all of these environments. */
export function isGranted(grants: readonly Grant[], role: Role, environments: readonly string[] = []): boolean {
  if (role === "viewer") return grants.some((grant) => !isOfAgents(grant.role));
  const fitting = grants.filter((grant) => grant.role === role);
  if (fitting.length === 0) return false;
  return environments.every((environment) =>
    fitting.some((grant) => grant.environments === undefined || grant.environments.includes(environment)),
  );
}
