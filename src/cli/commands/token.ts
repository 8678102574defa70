import { findProject } from "../../control/project.ts";
import { parseDuration } from "../../model/duration.ts";
import { AccessStore, type TokenRecord } from "../../server/access/access-store.ts";
import { type Grant, grantedRoles, grantText, readGrant } from "../../server/access/grants.ts";
import type { DeliveriesFile } from "../../server/deliveries-file.ts";
import type { CommandModule } from "../command.ts";
import { type ExitCode, exitCodes, Failure, UsageError } from "../problem.ts";
import { ago, duration } from "../terminal/duration.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { deliveriesIn } from "./deliveries-option.ts";
import { type ConfigOptions, collect, configOption, examples, type JsonOptions, jsonOption } from "./options.ts";

export const describe: CommandModule["describe"] = (command) => {
  configOption(jsonOption(command))
    .description(
      "Make, list and revoke the tokens with which people and programs sign in to the server. With the first one, everybody does.",
    )
    .argument("[ACTION]", "list (default), create or revoke")
    .argument("[NAME]", "create: whose it is, as the journal will name them; revoke: the token's id")
    .option(
      "--role <ROLE>",
      `${grantedRoles.join(", ")}; the last two also as ROLE:ENV,ENV (several times); or agent: lets a machine register, once, as agent:LABEL,LABEL with no other labels`,
      collect,
    )
    .option(
      "--group <GROUP>",
      "create: whom it speaks for besides, as an environment's reviewers name them (several)",
      collect,
    )
    .option(
      "--deliveries <FILE>",
      "of the server that serves these; roles also as ROLE:DELIVERY/ENV and ROLE:DELIVERY/*",
    )
    .option("--expires <TIME>", "create: how long it counts, 12h or 90d (default), 1h for an agent");
  examples(command, [
    ["baton token create ada --role operator --role approver:test", "prints it once"],
    ["baton token create kim --role approver:prod --group release-managers", "answers for prod as a reviewer"],
    ["baton token create wall --role viewer --expires 365d", "only looks"],
    ["baton token list", "who has one, and when it was used"],
    ["baton token revoke 3f2a90cc", "counts no more, from the next request on"],
  ]);
};

interface Options extends ConfigOptions, JsonOptions {
  role?: string[];
  group?: string[];
  expires?: string;
  deliveries?: string;
}

export const run: CommandModule["run"] = async ({ terminal, args: [action = "list", name], options: given }) => {
  const { config, json, role = [], group = [], deliveries } = given as unknown as Options;
  const several = deliveries === undefined ? undefined : await deliveriesIn(deliveries, terminal.cwd);
  const stateFolder = several?.state ?? findProject(terminal, { config }).stateFolder;
  // What is made where nobody leads would be written over by what the leader has.
  if (action !== "list") (await import("../../control/local/servers/tokens-here.ts")).requireTokensHere(stateFolder);
  const access = new AccessStore(stateFolder);
  try {
    switch (action) {
      case "list":
        return list(terminal, access.list(), json === true ? "json" : "text");
      case "create":
        return create(terminal, access, {
          name,
          ...wanted(given as unknown as Options, role, several),
          groups: group,
          json,
        });
      case "revoke":
        return revoke(terminal, access, name);
      default:
        throw new UsageError(`token ${action}: there is list, create and revoke`, { next: "baton token --help" });
    }
  } finally {
    access.close();
  }
};

function wanted(
  { expires }: Options,
  role: readonly string[],
  several: DeliveriesFile | undefined,
): Pick<Wanted, "grants" | "lastsMs"> {
  const grants = role.map(grantOf);
  for (const place of grants.flatMap(({ environments = [] }) => environments)) requireDelivery(place, several);
  const isAgents = grants.some((grant) => grant.role === "agent");
  if (isAgents && grants.length > 1) {
    throw new UsageError("--role agent stands alone: its token lets a machine register and does nothing else", {
      next: "baton token create build-1 --role agent",
    });
  }
  return { grants, lastsMs: lastsMs(expires ?? (isAgents ? "1h" : "90d")) };
}

/** `shop/prod` is of a server that serves `shop` beside others. @throws {UsageError} */
function requireDelivery(place: string, several: DeliveriesFile | undefined): void {
  if (!place.includes("/")) return;
  const [delivery] = place.split("/") as [string];
  if (several?.deliveries.has(delivery)) return;
  if (several === undefined) {
    throw new UsageError(`${place}: this server serves one delivery, so its environments are named alone`, {
      next: "--deliveries FILE names the file of a server that serves several",
    });
  }
  throw new UsageError(`${place}: there is no delivery ${delivery}`, {
    next: `there is ${[...several.deliveries.keys()].join(", ")}`,
  });
}

interface Wanted {
  name: string | undefined;
  grants: Grant[];
  groups: string[];
  lastsMs: number;
  json: true | undefined;
}

function create(terminal: Terminal, access: AccessStore, { name, grants, groups, lastsMs, json }: Wanted): ExitCode {
  const next = "baton token create ada --role operator";
  if (name === undefined) throw new UsageError("a token is somebody's: whose is this one?", { next });
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u.test(name)) {
    throw new UsageError(`"${name}" is not a name: letters, digits, blanks and . _ @ + -, at most 100`, { next });
  }
  if (grants.length === 0) throw new UsageError("a token without a role could do nothing", { next });
  const now = Date.now();
  const isFirst = !access.hasTokens;
  const { token, id } = access.create({ name, grants, groups, now, expiresAt: now + lastsMs });
  if (json) terminal.printJson({ version: 1, id, name, token, grants, groups, expiresAt: now + lastsMs });
  else terminal.print(token);
  terminal.say(
    `token ${id} of ${name}: ${grants.map(grantText).join(" ")}, for ${duration(lastsMs)}; it is shown only now`,
    ...(isFirst ? ["from now on everybody signs in to this server, on this machine as well"] : []),
  );
  return exitCodes.clean;
}

function revoke(terminal: Terminal, access: AccessStore, id: string | undefined): ExitCode {
  if (id === undefined) throw new UsageError("which token?", { next: "baton token list shows their ids" });
  if (!access.revoke(id, Date.now())) {
    throw new Failure(`there is no token ${id} that counts`, { next: "baton token list shows their ids" });
  }
  terminal.say(`token ${id} counts no more, and neither do its sessions`);
  return exitCodes.clean;
}

function list(terminal: Terminal, tokens: readonly TokenRecord[], form: "json" | "text"): ExitCode {
  if (form === "json") {
    terminal.printJson({ version: 1, tokens });
    return exitCodes.clean;
  }
  if (tokens.length === 0) {
    terminal.say("there is no token: whoever reaches the server on this machine may do everything");
    terminal.suggest("baton token create NAME --role operator --role approver");
    return exitCodes.clean;
  }
  const now = Date.now();
  const rows = tokens.map((token) => [
    token.id,
    [token.name, ...token.groups].join(", "),
    token.grants.map(grantText).join(" "),
    stateOf(token, now),
    token.usedAt === undefined ? "never used" : `used ${ago(now - token.usedAt)}`,
  ]);
  terminal.print(...table(rows));
  return exitCodes.clean;
}

function stateOf({ revokedAt, expiresAt }: TokenRecord, now: number): string {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt <= now ? "expired" : `for ${duration(expiresAt - now)}`;
}

function grantOf(text: string): Grant {
  const grant = readGrant(text);
  if (grant !== undefined && grant.role !== "registered-agent") return grant;
  throw new UsageError(`--role ${text} is not a role`, {
    next: `use ${grantedRoles.join(", ")} or agent, or with environments: --role approver:test,prod, or with labels: --role agent:linux`,
  });
}

function lastsMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new UsageError(`--expires ${text} is not a length of time`, { next: "give one like 12h or 90d" });
}
