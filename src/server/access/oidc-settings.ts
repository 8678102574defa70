import { z } from "zod";
import { isLoopbackAddress } from "../origin.ts";
import { type Grant, grantedRoles, isOfAgents, readGrant } from "./grants.ts";

/** How people sign in with the provider that a team has already, and what its groups may do here. */
export interface OidcSettings {
  issuer: URL;
  client: string;
  /** Absent: a public client, which PKCE alone protects. */
  secret?: string | undefined;
  /** The claim that names somebody in the journal, and as `reviewers` do. */
  name: string;
  /** The claim with the groups. */
  groups: string;
  /** By group; `*` is everybody whom the provider lets in. */
  grants: ReadonlyMap<string, readonly Grant[]>;
}

const claim = z.string().regex(/^\S{1,200}$/, "is the name of a claim");

/** The wildcards of another shape would be a group that nobody has. */
const group = z.string().min(1).max(200);

const grant = z.string().transform((text, context): Grant => {
  const read = readGrant(text);
  if (read !== undefined && !isOfAgents(read.role)) return read;
  context.addIssue(`${text} is not a role: use ${grantedRoles.join(", ")}, or with environments approver:test,prod`);
  return z.NEVER;
});

const issuer = z.string().transform((text, context): URL => {
  const url = URL.parse(text);
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopbackAddress(url.hostname));
  if (url !== null && isSafe && url.search === "" && url.hash === "" && url.username === "") return url;
  context.addIssue(`${text} is not the https address of a provider`);
  return z.NEVER;
});

const settings = z.strictObject({
  issuer,
  client: z.string().min(1).max(500),
  name: claim.default("email"),
  groups: claim.default("groups"),
  grants: z
    .record(group, z.array(grant).min(1))
    .refine((all) => Object.keys(all).length > 0, "nobody could do anything"),
});

/** What stands in the file of `--oidc`, or in one sentence why it cannot be used. */
export function readOidcSettings(given: unknown): { settings: OidcSettings } | { problem: string } {
  const read = settings.safeParse(given);
  if (read.success) return { settings: { ...read.data, grants: new Map(Object.entries(read.data.grants)) } };
  const [issue] = read.error.issues;
  return { problem: `${issue!.path.join(".") || "the file"}: ${issue!.message}` };
}

/** What somebody of these groups may do. */
export const grantsOf = ({ grants }: OidcSettings, groups: readonly string[]): Grant[] =>
  ["*", ...groups].flatMap((group) => grants.get(group) ?? []);
