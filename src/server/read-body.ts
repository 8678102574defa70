import type { z } from "zod";
import { Turned } from "./problem.ts";

const mostBytes = 64 * 1024;

/** What is asked, when it is as the route says. @throws {Turned} */
export async function readBody(request: Request, schema: z.ZodType): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    // A form of another site's page can send anything but this without asking first.
    throw new Turned({
      code: "wrong-request",
      status: 415,
      title: "The request says that it is no JSON",
      next: "Send it with content-type: application/json",
    });
  }
  const text = Buffer.from(await readBytes(request, mostBytes)).toString("utf8");
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Turned({ code: "wrong-request", status: 400, title: "The request is no JSON" });
  }
  return read(schema, given);
}

/** What is asked, as the schema says, with its defaults. @throws {Turned} */
export function read<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Turned({
    code: "wrong-request",
    status: 400,
    title: `${issue!.path.join(".") || "The request"}: ${issue!.message}`,
    next: "/openapi.json says what may be asked",
  });
}

/** Never more of it than is allowed, whatever its length was said to be. @throws {Turned} */
export async function readBytes(request: Request, most: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > most) throw tooLarge(most);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body ?? []) {
    size += piece.byteLength;
    if (size > most) throw tooLarge(most);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const tooLarge = (most: number) =>
  new Turned(
    { code: "too-large", status: 413, title: `The request is larger than ${most / 1024} KiB` },
    { connection: "close" },
  );
