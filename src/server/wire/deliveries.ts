/** What a server of several deliveries answers at its root; each of them answers below `/d/NAME` as one alone does at the root. */

import { z } from "zod";
import { problem } from "./envelope.ts";
import { type Route, routes } from "./routes.ts";

export const deliveriesView = z
  .strictObject({
    version: z.literal(1),
    deliveries: z.array(
      z.strictObject({
        name: z.string(),
        problem: problem.optional().meta({ description: "Why it cannot be served; absent: it can." }),
      }),
    ),
  })
  .meta({ id: "Deliveries", description: "Those that whoever asks may look at, in the order of the file." });

export type DeliveriesView = z.infer<typeof deliveriesView>;

const { session, signIn, signOut, oidc, oidcCallback, githubHook, standardHook } = routes;

export const serverRoutes = {
  deliveries: {
    method: "get",
    path: "/api/deliveries",
    role: "viewer",
    summary: "What is served here: each answers below /d/NAME, where /d/NAME/openapi.json says what",
    answer: deliveriesView,
  },
  changes: {
    method: "get",
    path: "/api/events",
    role: "viewer",
    summary: "In which delivery something happens, as server-sent events: `event: changed` with its name",
    streams: "text/event-stream",
  },
  session,
  signIn,
  signOut,
  oidc,
  oidcCallback,
  githubHook,
  standardHook,
} as const satisfies Record<string, Route>;

export type ServerRouteName = keyof typeof serverRoutes;
