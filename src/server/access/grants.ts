/** What somebody may do: roles, each everywhere or in some environments. Whoever has any may look at everything. */

export const grantedRoles = ["viewer", "operator", "approver"] as const;

/** Who may ask; see docs/serve.md. A role does not contain another, but everybody who has one may look. */
export type Role = (typeof grantedRoles)[number];

export interface Grant {
  readonly role: Role;
  /** Absent: in all. */
  readonly environments?: readonly string[];
}

/** `operator`, `approver:test,prod`. Undefined for what is none. */
export function readGrant(text: string): Grant | undefined {
  const [name = "", places, ...more] = text.split(":");
  const role = grantedRoles.find((one) => one === name);
  if (role === undefined || more.length > 0) return undefined;
  if (places === undefined) return { role };
  const environments = places.split(",");
  if (role === "viewer" || environments.some((one) => one === "")) return undefined;
  return { role, environments };
}

export const grantText = ({ role, environments }: Grant): string =>
  environments === undefined ? role : `${role}:${environments.join(",")}`;

/** Whether these grants let somebody do what takes this role, in all of these environments. */
export function isGranted(grants: readonly Grant[], role: Role, environments: readonly string[] = []): boolean {
  if (role === "viewer") return grants.length > 0;
  const fitting = grants.filter((grant) => grant.role === role);
  if (fitting.length === 0) return false;
  return environments.every((environment) =>
    fitting.some((grant) => grant.environments === undefined || grant.environments.includes(environment)),
  );
}
