import { AccessStore } from "./access/access-store.ts";
import { OpenIdConnect } from "./access/oidc.ts";
import type { OidcSettings } from "./access/oidc-settings.ts";
import { SignIn } from "./access/sign-in.ts";
import { Dashboard, dashboardFolder } from "./dashboard.ts";
import { type DeliveryOptions, openDelivery, type Shared } from "./delivery.ts";
import { Hooks } from "./hooks/hooks.ts";
import { type ListenOptions, listening } from "./listen.ts";
import { isLoopbackAddress } from "./origin.ts";
import { Proxies, proxiesHere } from "./proxies.ts";
import { Room } from "./room.ts";
import { Viewers } from "./viewers.ts";
import { whenConfirmed } from "./when-confirmed.ts";

/** Of the server itself, whatever it serves. */
export interface ServerOptions extends Pick<ListenOptions, "listen" | "limits"> {
  /** The name under which a proxy shows it to others. */
  publicUrl?: URL | undefined;
  /** Who may say for whom they ask. Default: with a public URL who is on this machine, otherwise nobody. */
  proxies?: Proxies | undefined;
  /** Where its tokens and sessions lie. */
  stateFolder: string;
  /** Who asks where nobody signs in. */
  owner: string;
  /** That webhooks are signed with; without one none is taken. */
  webhookSecret?: string | undefined;
  version: string;
  /** Where people sign in besides with a token. */
  oidc?: OidcSettings | undefined;
  /** Told of what goes wrong beside the answers. */
  report(error: unknown): void;
}

export interface ServeOptions extends ServerOptions, DeliveryOptions {
  stateFolder: string;
}

export interface Serving {
  /** `http://127.0.0.1:8787`. */
  url: string;
  /** Answers nobody any more and lets go of everything. */
  close(): Promise<void>;
}

const mostViewers = 500;

/** Somebody who is not on this machine reaches it, himself or through a proxy: everybody signs in. */
export const isOpenToOthers = ({ listen, publicUrl }: Pick<ServerOptions, "listen" | "publicUrl">) =>
  publicUrl !== undefined || !isLoopbackAddress(listen.host);

/** What a server has once; `stop` ends what it says to whoever looks on. */
export function sharedOf(
  options: ServerOptions,
  { isOfSeveral = false } = {},
): Shared & { stop(): void; oidc: OpenIdConnect | undefined } {
  const { listen, publicUrl, owner, version, report } = options;
  const access = new AccessStore(options.stateFolder);
  const isSecure = publicUrl?.protocol === "https:";
  const oidc = options.oidc && new OpenIdConnect({ settings: options.oidc, isSecure, report });
  const stop = new AbortController();
  return {
    names: { publicUrl, isLoopback: isLoopbackAddress(listen.host) },
    proxies: options.proxies ?? new Proxies(publicUrl === undefined ? [] : proxiesHere),
    access,
    signIn: new SignIn({ access, owner, isRequired: isOpenToOthers(options), isSecure, oidc }),
    hooks: new Hooks(options.webhookSecret),
    dashboard: new Dashboard(dashboardFolder(), { isOfSeveral }),
    viewers: new Viewers(mostViewers),
    room: new Room(),
    stopping: stop.signal,
    version,
    report,
    stop: () => stop.abort(),
    oidc,
  };
}

/** Serves one delivery, at the root. @throws what listening throws */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { leads, agents, listen, limits } = options;
  const { stop, oidc, ...shared } = sharedOf(options);
  const delivery = await openDelivery(options, shared);
  const server = await listening({
    listen,
    limits,
    async answer(request, env) {
      const answer = await delivery.app.fetch(request, env);
      return leads === undefined ? answer : await whenConfirmed(answer, leads.confirmed);
    },
  }).catch(async (error) => {
    await delivery.feed.close();
    throw error;
  });
  void oidc?.look();
  await delivery.begin(options.publicUrl);
  return {
    url: server.url,
    async close() {
      stop();
      agents?.exchange.answerAll();
      await server.close();
      await delivery.close();
      shared.access.close();
    },
  };
}
