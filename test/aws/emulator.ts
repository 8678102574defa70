/** Starts the emulated AWS of `emulator.py` for one test file, and asks it things through the real AWS CLI. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface Emulator extends AsyncDisposable {
  readonly endpoint: string;
  /** For commands that are to talk to it. */
  readonly env: NodeJS.ProcessEnv;
  /** Of these, what leads there. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where `aws` is the AWS CLI that is kept loaded; undefined where that cannot be. */
  readonly cliFolder: string | undefined;
  /** `aws("s3api", "list-buckets")`, its JSON read. */
  aws<T = Record<string, unknown>>(...args: string[]): Promise<T>;
}

export async function startEmulator(): Promise<Emulator> {
  const scratch = mkdtempSync(join(tmpdir(), "baton-emulator-"));
  const child = spawn("python3", [fileURLToPath(new URL("emulator.py", import.meta.url))], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, EMULATOR_NODE: process.execPath, TMPDIR: scratch, PYTHONDONTWRITEBYTECODE: "1" },
  });
  await once(child, "spawn").catch((error) => {
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  const [first] = (await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), once(child, "exit")])) as [
    string,
  ];
  assert.match(String(first), /"port"/, `the emulator has not started: ${errors}`);
  const cli = await keepCli(scratch);
  const endpoint = `http://127.0.0.1:${(JSON.parse(first) as { port: number }).port}`;
  const variables = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_REGION: "eu-central-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
    AWS_MAX_ATTEMPTS: "3",
  };
  const env = {
    ...process.env,
    ...(cli !== undefined && { PATH: `${cli.folder}${delimiter}${process.env.PATH}` }),
    ...variables,
    // Names of AWS lead programs in Node to the emulator as well.
    NODE_OPTIONS: `--import=${new URL("visit.mjs", import.meta.url).href}`,
  };
  return {
    endpoint,
    env,
    variables,
    cliFolder: cli?.folder,
    async aws<T>(...args: string[]): Promise<T> {
      const { stdout } = await execute("aws", [...args, "--output", "json"], { env, maxBuffer: 64 * 1024 * 1024 });
      return (stdout.trim() === "" ? {} : JSON.parse(stdout)) as T;
    },
    async [Symbol.asyncDispose]() {
      const gone = Promise.all([once(child, "exit"), cli?.close()]);
      child.stdin.end();
      child.kill();
      await gone;
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** What an address of a Unix socket has room for. */
const longestSocket = 107;

/**
 * A folder with an `aws` that is the AWS CLI of `python3`, loaded once. Undefined where that cannot be: the version with a Python of its own,
 * no C compiler, a temporary folder with a long name. Then calls are made as ever.
 */
async function keepCli(scratch: string): Promise<{ folder: string; close(): Promise<void> } | undefined> {
  const folder = join(scratch, "cli");
  const socket = join(scratch, "cli.sock");
  if (Buffer.byteLength(socket) > longestSocket) return undefined;
  mkdirSync(folder);
  const source = fileURLToPath(new URL("call-cli.c", import.meta.url));
  const build = ["-O1", `-DSOCKET=${JSON.stringify(socket)}`, "-o", join(folder, "aws"), source];
  const built = await execute("cc", build).then(
    () => true,
    () => false,
  );
  if (!built) return undefined;
  // Which encoding a locale means is decided when a Python starts; where there is none, as in tests, it is this one.
  const program = ["-X", "utf8", fileURLToPath(new URL("kept-cli.py", import.meta.url)), socket];
  const child = spawn("python3", program, {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const gone = once(child, "exit");
  const isReady = await Promise.race([once(child.stdout, "data").then(() => true), gone.then(() => false)]);
  if (!isReady) return undefined;
  return {
    folder,
    async close() {
      child.stdin.end();
      await gone;
    },
  };
}
