import { Turned, tooManyRequests } from "../problem.ts";
import type { AccessStore, TokenRecord } from "./access-store.ts";
import { agentRoles, type Grant, grantedRoles, isGranted, isOfAgents, type Role } from "./grants.ts";
import { Rate } from "./rate.ts";

/** Who asks. */
export interface Identity {
  name: string;
  grants: readonly Grant[];
  /** Whom they speak for besides, as `reviewers` name them. */
  groups: readonly string[];
  /** `open`: nobody signs in here. */
  through: "open" | "token" | "session";
  /** Of the token. */
  token?: string;
}

export interface SignInOptions {
  access: AccessStore;
  /** Everybody signs in, whether there are tokens or not: others reach it. */
  isRequired: boolean;
  /** Who asks where nobody signs in. */
  owner: string;
  /** The browser reaches it by https, so the cookie goes no other way. */
  isSecure: boolean;
}

const sessionMs = 12 * 60 * 60_000;
const mostFailures = 20;
const mostDeeds = 60;

export class SignIn {
  readonly #options: SignInOptions;
  readonly #failures = new Rate(mostFailures);
  readonly #deeds = new Rate(mostDeeds);

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  get isRequired(): boolean {
    return this.#options.isRequired || this.#options.access.hasTokens;
  }

  /** Undefined when nobody has signed in. @throws {Turned} for a token that does not count */
  identify(request: Request, address: string): Identity | undefined {
    const { access, owner } = this.#options;
    const now = Date.now();
    const bearer = /^Bearer (\S{1,200})$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (bearer !== undefined) return { ...this.#holder(bearer, address), through: "token" };
    const secret = this.#sessionOf(request);
    const holder = secret === undefined ? undefined : access.ofSession(secret, now);
    if (holder !== undefined) return { ...identityOf(holder), through: "session" };
    if (this.isRequired) return undefined;
    return {
      name: owner,
      grants: [...grantedRoles, ...agentRoles].map((role) => ({ role })),
      groups: [],
      through: "open",
    };
  }

  /** Signs a browser in: the cookie that it keeps. @throws {Turned} */
  begin(token: string, address: string): { cookie: string; identity: Identity } {
    const identity = this.#holder(token, address);
    if (identity.grants.every(({ role }) => isOfAgents(role))) {
      throw new Turned({ code: "not-allowed", status: 403, title: "This token is for a machine that runs jobs" });
    }
    const now = Date.now();
    const secret = this.#options.access.beginSession(identity.token, { now, expiresAt: now + sessionMs });
    return { cookie: this.#cookie(secret, sessionMs / 1000), identity: { ...identity, through: "session" } };
  }

  /** Signs it out: the cookie that makes it forget. */
  end(request: Request): string {
    const secret = this.#sessionOf(request);
    if (secret !== undefined) this.#options.access.endSession(secret);
    return this.#cookie("", 0);
  }

  /** Counts what somebody does. @throws {Turned} when it is too much */
  count({ token = "", name }: Identity): void {
    const waitMs = this.#deeds.take(`${token} ${name}`, Date.now());
    if (waitMs > 0) throw tooManyRequests(waitMs);
  }

  #holder(token: string, address: string): Omit<Identity, "through"> & { token: string } {
    const now = Date.now();
    const holder = this.#options.access.holder(token, now);
    if (holder !== undefined) return identityOf(holder);
    // Only who fails is counted: nobody can shut others out by guessing.
    const waitMs = this.#failures.take(address, now);
    if (waitMs > 0) throw tooManyRequests(waitMs);
    throw new Turned(
      {
        code: "not-signed-in",
        status: 401,
        title: "This token does not count: it is unknown, has expired or was revoked",
        next: "baton token create makes one, on the machine that serves",
      },
      { "www-authenticate": "Bearer" },
    );
  }

  #sessionOf(request: Request): string | undefined {
    const cookies = (request.headers.get("cookie") ?? "").split(/; */);
    const found = cookies.find((one) => one.startsWith(`${this.#cookieName}=`));
    return found?.slice(this.#cookieName.length + 1) || undefined;
  }

  get #cookieName(): string {
    return this.#options.isSecure ? "__Host-baton" : "baton";
  }

  #cookie(secret: string, seconds: number): string {
    const secure = this.#options.isSecure ? "; Secure" : "";
    return `${this.#cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
  }
}

const identityOf = ({ id, name, grants, groups }: TokenRecord) => ({ name, grants, groups, token: id });

/**
 * As whom somebody answers who is asked: a person and their groups. Undefined where nobody signs in: who is on the machine itself could
 * answer with the command as well.
 */
export const answersAs = ({ name, groups, through }: Identity): string[] | undefined =>
  through === "open" ? undefined : [name, ...groups];

/** @throws {Turned} when nobody has signed in, or whoever did may not. */
export function requireRole(
  identity: Identity | undefined,
  role: Role,
  environments: readonly string[] = [],
): asserts identity is Identity {
  if (identity === undefined) {
    throw new Turned(
      {
        code: "not-signed-in",
        status: 401,
        title: "Nobody has signed in",
        next: "Sign in with a token: baton token create makes one, on the machine that serves",
      },
      { "www-authenticate": "Bearer" },
    );
  }
  if (isGranted(identity.grants, role, environments)) return;
  const lacking = environments.filter((environment) => !isGranted(identity.grants, role, [environment]));
  const where = lacking.length === 0 ? "" : ` in ${lacking.join(" and ")}`;
  throw new Turned({
    code: "not-allowed",
    status: 403,
    title: `${identity.name} is no ${role}${where}`,
    next: `It takes a token with --role ${role}${lacking.length === 0 ? "" : `:${lacking.join(",")}`}`,
  });
}
