import type { LivePlatform } from "../../live.ts";
import { readinessOnAws } from "./readiness.ts";
import { statusOnAws } from "./status.ts";

/** What the port asks for. */
export const live: LivePlatform = { pipelines: statusOnAws, readiness: readinessOnAws };
