/**
 * Signing in with an OpenID Connect provider: the authorization code flow with PKCE, state and nonce.
 *
 *   page ──▶ begin: cookie, redirect ──▶ provider ──▶ finish: cookie + state + code ──▶ who it is
 *
 * Nothing is kept between the two: all three secrets follow from one that only the browser has, in a cookie of its own, and
 * from a key of this process. So nobody can fill a table, and a callback in another browser than the one that began is none.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Configuration } from "openid-client";
import { Turned } from "../problem.ts";
import type { OidcSettings } from "./oidc-settings.ts";

/** Whom the provider vouches for. */
export interface Person {
  issuer: string;
  /** Never given to anybody else by this issuer. */
  subject: string;
  name: string;
  groups: string[];
}

export interface OidcOptions {
  settings: OidcSettings;
  /** The browser reaches this server by https, so the cookie goes no other way. */
  isSecure: boolean;
  /** Told of what the provider does wrong. */
  report(error: unknown): void;
}

type Client = typeof import("openid-client");

export const callbackPath = "/api/session/oidc/callback";

const begunForSeconds = 600;
const mostUsed = 10_000;
const discoveredForMs = 60 * 60_000;
const answersWithinSeconds = 10;
/** After a failure, so that who asks again and again makes no connection each time. */
const restsForMs = 5_000;
/** How far the provider's clock may be from ours. */
const skewSeconds = 30;
const mostGroups = 1_000;

export class OpenIdConnect {
  readonly settings: OidcSettings;
  readonly #options: OidcOptions;
  readonly #key = randomBytes(32);
  /** States that have come back: a provider takes a code once, and so do we. */
  readonly #used = new Set<string>();
  #discovered: { configuration: Configuration; until: number } | undefined;
  #discovering: Promise<Configuration | undefined> | undefined;
  #restsUntil = 0;

  constructor(options: OidcOptions) {
    this.settings = options.settings;
    this.#options = options;
  }

  /** Where to send the browser, and the cookie that it comes back with. `origin`: ours, as it knows it. @throws {Turned} */
  async begin(origin: string, to: string): Promise<{ location: string; cookie: string }> {
    const { client, configuration } = await this.#provider();
    const begun = { secret: randomBytes(32).toString("base64url"), at: Date.now(), to: pageAt(to) };
    const { state, nonce, verifier } = this.#secretsOf(begun);
    const location = client.buildAuthorizationUrl(configuration, {
      redirect_uri: origin + callbackPath,
      scope: scopesOf(configuration),
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const value = [begun.secret, begun.at.toString(36), Buffer.from(begun.to).toString("base64url")].join(".");
    return { location: location.href, cookie: this.#cookie(value, begunForSeconds) };
  }

  /** What came back: who it is, and the page that they were on. @throws {Turned} */
  async finish(origin: string, request: Request): Promise<{ person: Person; to: string }> {
    const begun = begunIn(cookieOf(request, this.#cookieName) ?? "");
    const { search, searchParams } = new URL(request.url);
    const { state } = this.#secretsOf(begun ?? { secret: "", at: 0, to: "" });
    const isOurs = begun !== undefined && isSame(state, searchParams.get("state") ?? "");
    if (!isOurs) throw notBegun();
    try {
      return await this.#finishOurs(begun, origin, search);
    } catch (error) {
      // Only a way that is this browser's own ends with it: a link that somebody sent takes nobody's away.
      if (error instanceof Turned) error.headers["set-cookie"] = this.ended;
      throw error;
    }
  }

  async #finishOurs(begun: Begun, origin: string, search: string): Promise<{ person: Person; to: string }> {
    const { state, nonce, verifier } = this.#secretsOf(begun);
    const isLate = Date.now() - begun.at > begunForSeconds * 1000;
    if (isLate || this.#used.has(state)) throw notBegun();
    this.#used.add(state);
    if (this.#used.size > mostUsed) this.#used.delete(this.#used.values().next().value!);
    const { client, configuration } = await this.#provider();
    try {
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      };
      const tokens = await client.authorizationCodeGrant(
        configuration,
        new URL(origin + callbackPath + search),
        checks,
      );
      const said = tokens.claims()!;
      const { userinfo_endpoint } = configuration.serverMetadata();
      const isAll = said[this.settings.name] !== undefined && said[this.settings.groups] !== undefined;
      const more =
        isAll || userinfo_endpoint === undefined
          ? {}
          : await client.fetchUserInfo(configuration, tokens.access_token, said.sub);
      return { person: this.#personIn({ ...more, ...said }), to: begun.to };
    } catch (error) {
      throw this.#turned(error, client);
    }
  }

  /** That the flow is over, whatever came of it. */
  get ended(): string {
    return this.#cookie("", 0);
  }

  /** So that a wrong address or a provider that is down is told when the server starts. */
  async look(): Promise<void> {
    await this.#provider().catch(() => {});
  }

  /** Asked by one at a time, whoever waits for it; what it said is used while it does not answer again. @throws {Turned} */
  async #provider(): Promise<{ client: Client; configuration: Configuration }> {
    const client = await import("openid-client");
    const now = Date.now();
    const known = this.#discovered;
    if ((known === undefined || known.until <= now) && this.#restsUntil <= now) {
      this.#discovering ??= this.#discover(client).finally(() => {
        this.#discovering = undefined;
      });
    }
    if (known !== undefined) return { client, configuration: known.configuration };
    const configuration = await this.#discovering;
    if (configuration === undefined) throw unreachable(this.settings.issuer);
    return { client, configuration };
  }

  /** Undefined when it cannot be used, which is told. */
  async #discover(client: Client): Promise<Configuration | undefined> {
    const { issuer, client: id, secret } = this.settings;
    try {
      const configuration = await client.discovery(
        issuer,
        id,
        { ...(secret !== undefined && { client_secret: secret }), [client.clockTolerance]: skewSeconds },
        secret === undefined ? client.None() : undefined,
        {
          timeout: answersWithinSeconds,
          // Signatures are looked at though it came straight from the provider.
          execute: [
            client.enableNonRepudiationChecks,
            ...(issuer.protocol === "http:" ? [client.allowInsecureRequests] : []),
          ],
        },
      );
      requireOneIssuer(issuer, configuration.serverMetadata().issuer);
      this.#discovered = { configuration, until: Date.now() + discoveredForMs };
      return configuration;
    } catch (error) {
      this.#restsUntil = Date.now() + restsForMs;
      const until = this.#discovered === undefined ? "nobody can sign in" : "what it said before is used to sign in";
      this.#options.report(new Error(`${until} with ${issuer.href} now: ${inWords(error)}`));
      return undefined;
    }
  }

  #personIn(claims: Readonly<Record<string, unknown>>): Person {
    const { name: naming, groups: grouping, issuer } = this.settings;
    const name = claims[naming];
    // Where an address need not be proven, anybody could take somebody else's.
    const isProven = naming !== "email" || [true, "true"].includes(claims.email_verified as boolean);
    if (typeof name !== "string" || !isName.test(name) || !isProven) {
      const what = naming === "email" && !isProven ? "a verified e-mail address" : `a name in the claim "${naming}"`;
      throw new Turned({
        code: "provider-refused",
        status: 403,
        title: `${issuer.host} gave no ${what.replace(/^a /, "")} of yours`,
        next: "Whoever runs the server chooses the claim that names people: name, in the file of --oidc",
      });
    }
    const said = claims[grouping] ?? [];
    const groups = (Array.isArray(said) ? said : [said]).filter((one) => typeof one === "string");
    // Where there are too many, some providers leave all of them out and say where they are.
    const isElsewhere = grouping in ((claims._claim_names as object | undefined) ?? {});
    if (groups.length > mostGroups || isElsewhere) {
      throw new Turned({
        code: "provider-refused",
        status: 403,
        title: `You are in more groups than ${issuer.host} or Baton can say`,
        next: "Let the provider hand over only the groups that are granted something here",
      });
    }
    return { issuer: issuer.href, subject: String(claims.sub), name, groups };
  }

  #turned(error: unknown, client: Client): Turned {
    if (error instanceof Turned) return error;
    const { issuer } = this.settings;
    if (error instanceof client.AuthorizationResponseError) {
      return new Turned({
        code: "provider-refused",
        status: 403,
        title: `${issuer.host} did not let you in: ${error.error.slice(0, 100)}`,
        next: "Begin again, or ask whoever runs it",
      });
    }
    this.#options.report(new Error(`signing in with ${issuer.href} failed: ${inWords(error)}`));
    if (isOfNetwork(error)) return unreachable(issuer);
    return new Turned({
      code: "provider-refused",
      status: 403,
      title: `What ${issuer.host} answered does not prove who you are`,
      next: "Begin again; the server has printed what was wrong with it",
    });
  }

  #secretsOf({ secret, at, to }: Begun): { state: string; nonce: string; verifier: string } {
    const made = (use: string) =>
      createHmac("sha256", this.#key)
        .update(JSON.stringify([use, secret, at, to]))
        .digest("base64url");
    return { state: made("state"), nonce: made("nonce"), verifier: made("verifier") };
  }

  get #cookieName(): string {
    return this.#options.isSecure ? "__Host-baton-sign-in" : "baton-sign-in";
  }

  /** Lax, as the provider's page is another site, and it is sent with the way back from there. */
  #cookie(value: string, seconds: number): string {
    const secure = this.#options.isSecure ? "; Secure" : "";
    return `${this.#cookieName}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`;
  }
}

interface Begun {
  secret: string;
  at: number;
  to: string;
}

function begunIn(cookie: string): Begun | undefined {
  const [secret = "", at = "", to = ""] = cookie.split(".");
  if (!/^[\w-]{43}$/.test(secret) || !/^[\da-z]{1,9}$/.test(at)) return undefined;
  return { secret, at: Number.parseInt(at, 36), to: Buffer.from(to, "base64url").toString() };
}

export function cookieOf(request: Request, name: string): string | undefined {
  const cookies = (request.headers.get("cookie") ?? "").split(/; */);
  return cookies.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) || undefined;
}

/** A page of the dashboard, whatever was asked for: nobody is sent elsewhere after signing in. */
export function pageAt(to: string): string {
  const base = "http://baton.invalid";
  const url = /^\/(?![/\\])/.test(to) ? URL.parse(to, base) : null;
  // As long as it is when it is written out, which is what browsers bound in a cookie.
  const isLong = to.length > mostPage || (url !== null && url.pathname.length + url.search.length > mostPage);
  if (url === null || isLong || url.origin !== base || /^\/(api|hooks)(\/|$)/.test(url.pathname)) return "/";
  return url.pathname.startsWith("//") ? "/" : url.pathname + url.search;
}

const mostPage = 500;

/** What is shown and kept as somebody's name has no sign that cannot be seen. */
const isName = /^[^\p{C}\p{Z}](?:[^\p{C}]{0,198}[^\p{C}\p{Z}])?$/u;

function scopesOf(configuration: Configuration): string {
  const offered = configuration.serverMetadata().scopes_supported;
  const isAsked = (scope: string) => offered?.includes(scope) ?? scope !== "groups";
  return ["openid", ...["profile", "email", "groups"].filter(isAsked)].join(" ");
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** It could not be asked, or said itself that it cannot answer now. */
function isOfNetwork(error: unknown): boolean {
  const { code, cause, status } = error as { code?: unknown; cause?: unknown; status?: unknown };
  if (code === "OAUTH_TIMEOUT" || code === "OAUTH_ABORT" || cause instanceof TypeError) return true;
  return Number(cause instanceof Response ? cause.status : status) >= 500;
}

/** What a library's error says, down to what caused it. No answer of the provider is part of it. */
function inWords(error: unknown): string {
  if (error instanceof Response) return `HTTP ${error.status}`;
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  const isMore = cause instanceof Response || (cause instanceof Error && cause.message !== message);
  return isMore ? `${message}: ${inWords(cause)}` : message;
}

/**
 * The library lets some of Microsoft's addresses answer for every tenant there is, of which anybody may make one: then their groups
 * and names would count here.
 */
function requireOneIssuer(issuer: URL, said: string): void {
  if (!said.includes("{") && URL.parse(said)?.href === issuer.href) return;
  throw new Error(
    `it answers for the issuer ${said.slice(0, 200)}, which is not that address. Give as issuer the one address whose people may ` +
      "sign in; with Microsoft Entra your tenant's address, https://login.microsoftonline.com/TENANT-ID/v2.0",
  );
}

const notBegun = () =>
  new Turned({
    code: "not-begun",
    status: 403,
    title: "This sign-in was not begun in this browser, took longer than ten minutes, or has been used",
    next: "Begin again",
  });

const unreachable = ({ host }: URL) =>
  new Turned({
    code: "provider-unreachable",
    status: 503,
    title: `${host}, where people sign in, does not answer as it should`,
    next: "Try again; a token of baton token create works without it",
  });
