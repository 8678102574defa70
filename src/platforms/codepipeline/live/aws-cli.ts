/**
 * AWS by its own command line: it finds credentials, profiles and regions as the user has them, and no library comes with
 * Baton for it.
 */

import { execFile } from "node:child_process";
import { CannotAsk } from "../../live.ts";

/** `["codepipeline", "get-pipeline", "--name", "shop"]` to what AWS answers. */
export type Ask = <T>(args: readonly string[]) => Promise<T>;

/** The program's own answers, as text: its version, what it is set to. */
export type AskText = (args: readonly string[]) => Promise<string>;

export type AwsProblemKind =
  | "no-cli"
  | "no-credentials"
  | "no-region"
  | "refused"
  | "not-found"
  | "unreachable"
  | "other";

/** AWS could not be asked, or answered with an error. Says what, and what to do next; never holds a credential. */
export class AwsProblem extends CannotAsk {
  override readonly name = "AwsProblem";
  readonly kind: AwsProblemKind;

  constructor(kind: AwsProblemKind, message: string, next?: string) {
    super(message, next);
    this.kind = kind;
  }
}

/** @throws what is none, and so a bug. */
export function asProblem(error: unknown): AwsProblem {
  if (error instanceof AwsProblem) return error;
  throw error;
}

const limitMs = 60_000;
const limitBytes = 32 * 1024 * 1024;

export function awsCli(env: NodeJS.ProcessEnv): Ask {
  const ask = awsCliText(env);
  return async <T>(args: readonly string[]) => {
    const text = await ask([...args, "--output", "json"]);
    try {
      return (text.trim() === "" ? {} : JSON.parse(text)) as T;
    } catch {
      throw new AwsProblem("other", `aws ${words(args)} answered with something that is no JSON`);
    }
  };
}

export function awsCliText(env: NodeJS.ProcessEnv): AskText {
  return (args) =>
    new Promise((resolve, reject) => {
      const options = { env: { ...env, AWS_PAGER: "" }, timeout: limitMs, maxBuffer: limitBytes };
      execFile("aws", [...args], options, (error, stdout, stderr) => {
        if (error) reject(problemOf(error, stderr, args));
        else resolve(stdout);
      });
    });
}

const words = (args: readonly string[]) => args.slice(0, 2).join(" ");

function problemOf(error: Error & { code?: unknown; killed?: boolean }, stderr: string, args: readonly string[]) {
  if (error.code === "ENOENT") {
    return new AwsProblem(
      "no-cli",
      "the AWS CLI (aws) is not on the path",
      "install it: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    );
  }
  if (error.killed) {
    const message = `aws ${words(args)} did not answer within ${limitMs / 1000} seconds`;
    return new AwsProblem(
      "unreachable",
      message,
      "look at the network, and at the endpoint that the AWS CLI is set to",
    );
  }
  return explained(stderr, args);
}

interface Known {
  readonly says: RegExp;
  readonly kind: AwsProblemKind;
  readonly message?: string;
  readonly next?: string;
}

/** What the AWS CLI says, as both of its major versions say it. */
const known: readonly Known[] = [
  {
    // Set to nothing, it makes an endpoint with two dots.
    says: /You must specify a region|Could not find region|region must be specified|Invalid endpoint: \S*\.\./i,
    kind: "no-region",
    message: "no region is set",
    next: "export AWS_REGION=eu-central-1, or aws configure set region eu-central-1",
  },
  {
    says: /Unable to locate credentials|NoCredentials/i,
    kind: "no-credentials",
    message: "no credentials for AWS are set",
    next: "aws configure, or aws sso login; then aws sts get-caller-identity says who you are",
  },
  {
    says: /config profile \([^)]*\) could not be found/i,
    kind: "no-credentials",
    next: "aws configure list-profiles names those there are; AWS_PROFILE chooses one",
  },
  {
    says: /Expired|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|Error loading SSO Token|InvalidToken/i,
    kind: "no-credentials",
    next: "sign in again: aws sso login, or new keys with aws configure; then aws sts get-caller-identity",
  },
  { says: /NotFoundException|ResourceNotFound|NoSuchBucket|does not exist/, kind: "not-found" },
  { says: /AccessDenied|not authorized/i, kind: "refused", next: "ask for this permission, or use another role" },
  {
    says: /Could not connect to the endpoint|EndpointConnection|ConnectTimeout|Connection was closed/i,
    kind: "unreachable",
    next: "look at the network, at the region, and at AWS_ENDPOINT_URL if it is set",
  },
];

function explained(stderr: string, args: readonly string[]): AwsProblem {
  if (/Invalid choice/.test(stderr)) {
    return new AwsProblem("no-cli", `this AWS CLI does not know aws ${words(args)}`, "bring the AWS CLI up to date");
  }
  const said = stderr.trim().split("\n").at(-1)?.trim() ?? "";
  const found = known.find(({ says }) => says.test(stderr));
  const message = found?.message ?? `aws ${words(args)}: ${said.replace(/^An error occurred /, "") || "failed"}`;
  return new AwsProblem(found?.kind ?? "other", message, found?.next);
}
