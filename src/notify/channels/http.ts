import { type Attempt, networkWords, type Posted, shortened } from "./post.ts";

export interface HttpAttempt extends Pick<Attempt, "signal"> {
  url: string;
  /** Absent: it is asked for something, and told nothing. */
  body?: string;
  headers?: Record<string, string>;
  /** What must stand in no outcome besides the address. */
  hidden?: readonly string[];
}

type NotTaken = Exclude<Posted, { kind: "taken" }>;

/** Codes that say that this message is wrong, and not who sends it, where, or when. */
const wrongMessage: ReadonlySet<number> = new Set([400, 406, 413, 415, 422]);
const longestWaitMs = 3_600_000;

/** Sends JSON there. */
export async function postJson(attempt: HttpAttempt): Promise<Posted> {
  const asked = await ask(attempt);
  if (!("response" in asked)) return asked;
  await asked.response.body?.cancel().catch(() => {});
  return { kind: "taken" };
}

/** Sends JSON there, or asks for some, and reads the answer; one that is no JSON is undefined. */
export async function askJson(attempt: HttpAttempt): Promise<{ kind: "answered"; answer: unknown } | NotTaken> {
  const asked = await ask(attempt);
  if (!("response" in asked)) return asked;
  try {
    const text = await asked.response.text();
    return { kind: "answered", answer: text.trim() === "" ? undefined : JSON.parse(text) };
  } catch (error) {
    if (attempt.signal.aborted) return { kind: "failed", because: "no answer in time" };
    if (error instanceof SyntaxError) return { kind: "answered", answer: undefined };
    return { kind: "failed", because: causeOf(error) };
  }
}

/** A redirect is not followed: whoever answers with one is not who was named. */
async function ask({
  url,
  body,
  headers,
  hidden = [],
  signal,
}: HttpAttempt): Promise<{ response: Response } | NotTaken> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return { kind: "failed", because: "the address is no URL" };
  let response: Response;
  try {
    response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: { ...(body !== undefined && { "content-type": "application/json" }), "user-agent": "baton", ...headers },
      ...(body !== undefined && { body }),
      redirect: "manual",
      signal,
    });
  } catch (error) {
    if (signal.aborted) return { kind: "failed", because: "no answer in time" };
    return { kind: "failed", because: causeOf(error) };
  }
  const { status } = response;
  if (response.ok) return { response };
  const said = shortened(await beginningOf(response), [url, new URL(url).pathname, new URL(url).search, ...hidden]);
  const because = said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
  if (wrongMessage.has(status)) return { kind: "refused", because };
  const wait = Number(response.headers.get("retry-after")) * 1000;
  return { kind: "failed", because, ...(wait > 0 && { retryAfterMs: Math.min(wait, longestWaitMs) }) };
}

/** Without the address, which only some may know. */
function causeOf(error: unknown): string {
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  if (code === undefined) return message === "" ? "no connection" : "the connection broke off";
  return networkWords(code) ?? code;
}

const mostRead = 500;

async function beginningOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > mostRead) break;
    }
  } catch {
    // What it said so far is all that it says.
  }
  return text.slice(0, mostRead);
}
