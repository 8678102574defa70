/** A real OpenID Connect provider on this machine (oidc-provider), where somebody is signed in already; and a browser's cookies. */

import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import { raw } from "./serving.ts";

/** What the provider says of somebody. */
export interface Claims {
  sub: string;
  email?: string;
  email_verified?: boolean;
  groups?: string[];
}

export interface People extends AsyncDisposable {
  issuer: string;
  /** Whoever comes next is this one; undefined: they cancel. */
  person: Claims | undefined;
  /** From now on it answers, for a server at this address. */
  know(url: string): void;
}

export const secret = "known-to-both-of-them";

const { privateKey: signing } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** Listens at once and answers when it knows whom it serves. */
export async function people(): Promise<People> {
  const known = Promise.withResolvers<Provider>();
  const server = createServer((request, response) => void answer(request, response));
  await listening(server);
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const everybody = new Map<string, Claims>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const provider = await known.promise;
    if (!request.url!.startsWith("/interaction/")) return provider.callback()(request, response);
    const { person } = made;
    if (person !== undefined) everybody.set(person.sub, person);
    const result = person === undefined ? { error: "access_denied" } : { login: { accountId: person.sub } };
    await provider.interactionFinished(request, response, result);
  }

  const made: People = {
    issuer,
    person: undefined,
    know(url) {
      known.resolve(
        new Provider(issuer, {
          clients: [{ client_id: "baton", client_secret: secret, redirect_uris: [`${url}/api/session/oidc/callback`] }],
          claims: { email: ["email", "email_verified"], groups: ["groups"] },
          scopes: ["openid", "email", "groups"],
          cookies: { keys: ["a key of this test"] },
          features: { devInteractions: { enabled: false } },
          jwks: { keys: [{ ...signing.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] },
          interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
          findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => everybody.get(accountId) }),
          loadExistingGrant,
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
  return made;
}

async function listening(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

interface Granting {
  oidc: {
    client: { clientId: string };
    session: { accountId: string };
    provider: { Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<string> } };
  };
}

/** Nobody is asked what the server may know of them. */
async function loadExistingGrant({ oidc: { client, session, provider } }: Granting): Promise<object> {
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope("openid email groups");
  await grant.save();
  return grant;
}

/** Follows links as a browser does: it keeps cookies by host and port, and says by itself where a request comes from. */
export class Follower {
  readonly #cookies = new Map<string, Map<string, string>>();

  cookiesFor(url: string): Map<string, string> {
    const { host } = new URL(url);
    const kept = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, kept);
    return kept;
  }

  async get(url: string, headers: Record<string, string> = {}): Promise<Response> {
    const kept = this.cookiesFor(url);
    const cookie = [...kept].map(([name, value]) => `${name}=${value}`).join("; ");
    const { origin, pathname, search } = new URL(url);
    // Not by `fetch`, which says of itself that it is no browser.
    const sent = await raw(origin, {
      path: pathname + search,
      headers: { ...(cookie !== "" && { cookie }), ...headers },
    });
    const told = Object.entries(sent.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    const response = new Response(sent.text, { status: sent.status, headers: told });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      if (value === "") kept.delete(name!);
      else kept.set(name!, value!);
    }
    return response;
  }

  /** Begins, and is sent on until it would be sent back: that address, which is not asked for. */
  async wayBack(server: string, to = "/"): Promise<string> {
    let url = `${server}/api/session/oidc?to=${encodeURIComponent(to)}`;
    for (let sent = 0; sent < 10; sent++) {
      const response = await this.get(url);
      const location = response.headers.get("location");
      if (location === null) throw new Error(`${url} leads nowhere: ${response.status} ${await response.text()}`);
      url = new URL(location, url).href;
      if (url.startsWith(`${server}/api/session/oidc/callback`)) return url;
    }
    throw new Error(`it goes on for ever: ${url}`);
  }
}

/** As the browser says of a request that the provider's page made it send. */
export const sentBack = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
