import { forwardedHeader, fromOthers } from "../forwarded.ts";
import { Turned, tooManyRequests } from "../problem.ts";
import type { AccessStore, TokenRecord } from "./access-store.ts";
import { agentRoles, type Grant, grantedRoles, grantsWithin, isGranted, isOfAgents, type Role } from "./grants.ts";
import { cookieOf, type OpenIdConnect } from "./oidc.ts";
import { grantsOf } from "./oidc-settings.ts";
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
  /** Whom the provider means, for good: names change hands. */
  subject?: string;
}

export interface SignInOptions {
  access: AccessStore;
  /** Everybody signs in, whether there are tokens or not: others reach it. */
  isRequired: boolean;
  /** Who asks where nobody signs in. */
  owner: string;
  /** The browser reaches it by https, so the cookie goes no other way. */
  isSecure: boolean;
  /** Where people sign in besides with a token. */
  oidc?: OpenIdConnect | undefined;
  /** The one of several deliveries that is asked for: grants count as far as they are for it. */
  delivery?: string | undefined;
}

const sessionMs = 12 * 60 * 60_000;
const mostFailures = 20;
const mostDeeds = 60;
/** Ways to the provider, a minute for each address; they cost little, and everybody behind one proxy may have the same. */
const mostBegun = 600;
/** Ways back that failed. */
const mostBackInVain = 60;

type Rates = Readonly<Record<"failures" | "deeds" | "begun" | "backInVain", Rate>>;

export class SignIn {
  readonly #options: SignInOptions;
  readonly #rates: Rates;

  constructor(options: SignInOptions, rates?: Rates) {
    this.#options = options;
    this.#rates = rates ?? {
      failures: new Rate(mostFailures),
      deeds: new Rate(mostDeeds),
      begun: new Rate(mostBegun),
      backInVain: new Rate(mostBackInVain),
    };
  }

  /** The same people at one of several deliveries. */
  within(delivery: string): SignIn {
    return new SignIn({ ...this.#options, delivery }, this.#rates);
  }

  get isRequired(): boolean {
    return this.#options.isRequired || this.oidc !== undefined || this.#options.access.hasTokens;
  }

  get oidc(): OpenIdConnect | undefined {
    return this.#options.oidc;
  }

  /** Undefined when nobody has signed in. @throws {Turned} for a token that does not count */
  identify(request: Request, address: string): Identity | undefined {
    const identity = this.#whoever(request, address);
    return identity && { ...identity, grants: grantsWithin(this.#options.delivery, identity.grants) };
  }

  #whoever(request: Request, address: string): Identity | undefined {
    const { access, owner } = this.#options;
    const now = Date.now();
    const bearer = /^Bearer (\S{1,200})$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (bearer !== undefined) return { ...this.#holder(bearer, address), through: "token" };
    const secret = this.#sessionOf(request);
    const holder = secret === undefined ? undefined : access.ofSession(secret, now);
    if (holder !== undefined) return { ...identityOf(holder), through: "session" };
    const person = secret === undefined ? undefined : this.#personOf(secret, now);
    if (person !== undefined) return person;
    if (this.isRequired || request.headers.get(forwardedHeader) === fromOthers) return undefined;
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

  /** Sends a browser to the provider, `to` the page that it comes back to. @throws {Turned} */
  async beginWithProvider(origin: string, to: string, address: string): Promise<{ location: string; cookie: string }> {
    if (this.oidc === undefined) throw noProvider();
    const waitMs = this.#rates.begun.take(address, Date.now());
    if (waitMs > 0) throw tooManyRequests(waitMs);
    return await this.oidc.begin(origin, to);
  }

  /** Signs in whom the provider has sent back. @throws {Turned} */
  async finishWithProvider(
    origin: string,
    request: Request,
    address: string,
  ): Promise<{ cookies: string[]; identity: Identity; to: string }> {
    const { access } = this.#options;
    if (this.oidc === undefined) throw noProvider();
    const { person, to } = await this.oidc.finish(origin, request).catch((error) => {
      // Only who fails is counted, as with tokens: nobody shuts others out who are behind the same address.
      const waitMs = this.#rates.backInVain.take(address, Date.now());
      throw waitMs > 0 ? tooManyRequests(waitMs) : error;
    });
    const { name, groups } = person;
    const grants = grantsOf(this.oidc.settings, groups);
    if (grants.length === 0) {
      throw new Turned(
        {
          code: "not-allowed",
          status: 403,
          title: `${name} may do nothing here: no group of theirs is granted a role`,
          next: `Whoever runs the server grants roles to groups in the file of --oidc; ${groupsInWords(groups)}`,
        },
        { "set-cookie": this.oidc.ended },
      );
    }
    const now = Date.now();
    // Whatever session the browser had before: this one is new, and its secret was known to nobody.
    const before = this.#sessionOf(request);
    if (before !== undefined) access.endSession(before);
    const secret = access.beginPersonSession(person, { now, expiresAt: now + sessionMs });
    const identity = { name, groups, grants, through: "session", subject: person.subject } as const;
    return { cookies: [this.#cookie(secret, sessionMs / 1000), this.oidc.ended], identity, to };
  }

  /** Signs it out: the cookie that makes it forget. */
  end(request: Request): string {
    const secret = this.#sessionOf(request);
    if (secret !== undefined) this.#options.access.endSession(secret);
    return this.#cookie("", 0);
  }

  /** Counts what somebody does. @throws {Turned} when it is too much */
  count({ token = "", name }: Identity): void {
    const waitMs = this.#rates.deeds.take(`${token} ${name}`, Date.now());
    if (waitMs > 0) throw tooManyRequests(waitMs);
  }

  #holder(token: string, address: string): Omit<Identity, "through"> & { token: string } {
    const now = Date.now();
    const holder = this.#options.access.holder(token, now);
    if (holder !== undefined) return identityOf(holder);
    // Only who fails is counted: nobody can shut others out by guessing.
    const waitMs = this.#rates.failures.take(address, now);
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
    return cookieOf(request, this.#cookieName);
  }

  /** What they may do is what their groups are granted now, by the provider that vouches for them now. */
  #personOf(secret: string, now: number): Identity | undefined {
    const { access, oidc } = this.#options;
    const person = oidc === undefined ? undefined : access.personOfSession(secret, now);
    if (oidc === undefined || person === undefined || person.issuer !== oidc.settings.issuer.href) return undefined;
    const { name, groups, subject } = person;
    return { name, groups, grants: grantsOf(oidc.settings, groups), through: "session", subject };
  }

  get #cookieName(): string {
    return this.#options.isSecure ? "__Host-baton" : "baton";
  }

  #cookie(secret: string, seconds: number): string {
    const secure = this.#options.isSecure ? "; Secure" : "";
    return `${this.#cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
  }
}

const groupsInWords = (groups: readonly string[]) =>
  groups.length === 0 ? "the provider says of no group" : `theirs are ${groups.slice(0, 10).join(", ")}`;

const noProvider = () =>
  new Turned({
    code: "not-found",
    status: 404,
    title: "People sign in to this server with a token",
    next: "baton serve --oidc FILE lets them sign in with an OpenID Connect provider",
  });

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
        next: "Sign in at /, or with a token: baton token create makes one, on the machine that serves",
      },
      { "www-authenticate": "Bearer" },
    );
  }
  if (isGranted(identity.grants, role, environments)) return;
  const lacking = environments.filter((environment) => !isGranted(identity.grants, role, [environment]));
  const where = lacking.length === 0 ? "" : ` in ${lacking.join(" and ")}`;
  const grantTo = lacking.length === 0 ? role : `${role}:${lacking.join(",")}`;
  throw new Turned({
    code: "not-allowed",
    status: 403,
    title: `${identity.name} is no ${role}${where}`,
    next: `It takes a token with --role ${grantTo}, or a group to which the file of --oidc grants ${grantTo}`,
  });
}
