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
  /** Absent: in all. */
  readonly environments?: readonly string[];
}

/** `operator`, `approver:test,prod`. Undefined for what is none. */
export function readGrant(text: string): Grant | undefined {
  const [name = "", places, ...more] = text.split(":");
  const role = [...grantedRoles, ...agentRoles].find((one) => one === name);
  if (role === undefined || more.length > 0) return undefined;
  if (places === undefined) return { role };
  const environments = places.split(",");
  if (role === "viewer" || isOfAgents(role) || environments.some((one) => one === "")) return undefined;
  return { role, environments };
}

export const isOfAgents = (role: Role) => (agentRoles as readonly Role[]).includes(role);

export const grantText = ({ role, environments }: Grant): string =>
  environments === undefined ? role : `${role}:${environments.join(",")}`;

/** Whether these grants let somebody do what takes this role, in all of these environments. */
export function isGranted(grants: readonly Grant[], role: Role, environments: readonly string[] = []): boolean {
  if (role === "viewer") return grants.some((grant) => !isOfAgents(grant.role));
  const fitting = grants.filter((grant) => grant.role === role);
  if (fitting.length === 0) return false;
  return environments.every((environment) =>
    fitting.some((grant) => grant.environments === undefined || grant.environments.includes(environment)),
  );
}
