import { Rate } from "../access/rate.ts";
import { Turned, tooManyRequests } from "../problem.ts";
import { readBytes } from "../read-body.ts";
import type { HookName } from "../wire/routes.ts";
import { isFromGithub, isStandard } from "./signature.ts";

/** As large as GitHub sends them; until it is read nobody knows whether it is signed, so only so many at a time. */
const mostBytes = 25 * 1024 * 1024;
const mostAtOnce = 4;
const busyMs = 1_000;
const mostUnsigned = 20;

/** What a delivery says; of what it says nothing is believed but that it is worth looking. */
export interface Delivered {
  /** `push`, `ping` and so on. */
  event: string;
  /** The branch that it says was pushed to. */
  branch?: string;
  /** `owner/name`, where it says which repository. */
  repository?: string;
}

/** Who sends what is pushed somewhere: only those who know the secret. */
export class Hooks {
  readonly #secret: string | undefined;
  #reading = 0;
  readonly #unsigned = new Rate(mostUnsigned);

  /** Without a secret nothing is taken from anybody. */
  constructor(secret: string | undefined) {
    this.#secret = secret;
  }

  /** @throws {Turned} when it is not signed, too large, or nothing that can be read. */
  async read(name: HookName, request: Request, address: string): Promise<Delivered> {
    const secret = this.#secret;
    // Who is not known to sign is not listened to for long.
    if (secret === undefined || !isClaimed(name, request)) throw this.#unsignedBy(address);
    const body = await this.#bodyOf(request);
    if (!isSigned(name, { request, secret, body })) throw this.#unsignedBy(address);
    const given = parsed(body);
    return name === "githubHook" ? ofGithub(request, given) : ofStandard(given);
  }

  async #bodyOf(request: Request): Promise<Uint8Array> {
    if (this.#reading >= mostAtOnce) throw tooManyRequests(busyMs);
    this.#reading += 1;
    try {
      return await readBytes(request, mostBytes);
    } finally {
      this.#reading -= 1;
    }
  }

  #unsignedBy(address: string): Turned {
    const waitMs = this.#unsigned.take(address, Date.now());
    if (waitMs > 0) return tooManyRequests(waitMs);
    return new Turned(
      {
        code: "not-signed",
        status: 401,
        title: "This is not signed with the secret that this server knows",
        next: "Give both sides the same secret: baton serve --webhook-secret-file FILE",
      },
      // The rest of it is not read.
      { connection: "close" },
    );
  }
}

const header = { githubHook: "x-hub-signature-256", standardHook: "webhook-signature" } as const;

const isClaimed = (name: HookName, { headers }: Request) => headers.get(header[name]) !== null;

function isSigned(
  name: HookName,
  { request: { headers }, secret, body }: { request: Request; secret: string; body: Uint8Array },
): boolean {
  if (name === "githubHook") return isFromGithub(secret, body, headers.get(header[name]));
  const given = {
    id: headers.get("webhook-id"),
    timestamp: headers.get("webhook-timestamp"),
    signature: headers.get(header[name]),
  };
  return isStandard(secret, body, { headers: given, now: Date.now() });
}

function parsed(body: Uint8Array): Record<string, unknown> {
  try {
    const given: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  } catch {
    // As below.
  }
  throw new Turned({
    code: "wrong-request",
    status: 400,
    title: "The delivery is no JSON object",
    next: "Let it be sent with the content type application/json",
  });
}

function ofGithub({ headers }: Request, { ref, deleted, repository }: Record<string, unknown>): Delivered {
  const event = headers.get("x-github-event") ?? "";
  const branch = typeof ref === "string" && ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined;
  const name = memberOf(repository, "full_name");
  return {
    event,
    ...(event === "push" && deleted !== true && branch !== undefined && { branch }),
    ...(typeof name === "string" && { repository: name }),
  };
}

function ofStandard({ type, data, ...besides }: Record<string, unknown>): Delivered {
  const [branch, repository] = (["branch", "repository"] as const).map((key) =>
    [memberOf(data, key), besides[key]].find((one) => typeof one === "string"),
  ) as (string | undefined)[];
  return {
    event: typeof type === "string" ? type : "",
    ...(branch !== undefined && { branch }),
    ...(repository !== undefined && { repository }),
  };
}

const memberOf = (given: unknown, name: string): unknown =>
  typeof given === "object" && given !== null ? (given as Record<string, unknown>)[name] : undefined;
