import { type Attempt, networkWords, type Posted, shortened } from "./post.ts";

export interface HttpAttempt extends Pick<Attempt, "signal"> {
  url: string;
  /** Absent: it is asked for something, and told nothing. */
  body?: string;
  headers?: Record<string, string>;
  /** What must stand in no outcome besides the address. */
  hidden?: readonly string[];
  /** Codes that are an answer too. */
  answers?: readonly number[];
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
export async function askJson(
  attempt: HttpAttempt,
): Promise<{ kind: "answered"; status: number; answer: unknown } | NotTaken> {
  const asked = await ask(attempt);
  if (!("response" in asked)) return asked;
  const { status } = asked.response;
  try {
    const text = await asked.response.text();
    return { kind: "answered", status, answer: text.trim() === "" ? undefined : JSON.parse(text) };
  } catch (error) {
    if (attempt.signal.aborted) return { kind: "failed", because: "no answer in time" };
    if (error instanceof SyntaxError) return { kind: "answered", status, answer: undefined };
    return { kind: "failed", because: causeOf(error) };
  }
}

/** A redirect is not followed: whoever answers with one is not who was named. */
async function ask(attempt: HttpAttempt): Promise<{ response: Response } | NotTaken> {
  const { body, hidden = [], answers = [], signal } = attempt;
  const address = URL.parse(attempt.url);
  if (!/^https?:$/.test(address?.protocol ?? "")) return { kind: "failed", because: "the address is no URL" };
  const { url, authorization, secrets } = withoutCredentials(address!);
  let headers: Headers;
  try {
    headers = new Headers({
      ...(body !== undefined && { "content-type": "application/json" }),
      "user-agent": "baton",
      ...(authorization !== undefined && { authorization }),
      ...attempt.headers,
    });
  } catch {
    // What is thrown has the value in its words.
    return { kind: "failed", because: "a header has characters that no header can have" };
  }
  let response: Response;
  try {
    response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers,
      ...(body !== undefined && { body }),
      redirect: "manual",
      signal,
    });
  } catch (error) {
    if (signal.aborted) return { kind: "failed", because: "no answer in time" };
    return { kind: "failed", because: causeOf(error) };
  }
  const { status } = response;
  if (response.ok || answers.includes(status)) return { response };
  const said = shortened(await beginningOf(response), [attempt.url, url, ...secrets, ...hidden]);
  const because = said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
  if (wrongMessage.has(status)) return { kind: "refused", because };
  const wait = waitIn(response.headers);
  return { kind: "failed", because, ...(wait > 0 && { retryAfterMs: Math.min(wait, longestWaitMs) }) };
}

/** Milliseconds; 0 where nothing is said. RFC 9110, 10.2.3: seconds, or a date, by the clock of whoever says it. */
function waitIn(headers: Headers): number {
  const said = headers.get("retry-after") ?? "";
  if (/^\d+$/.test(said)) return Number(said) * 1000;
  const there = Date.parse(headers.get("date") ?? "");
  const wait = Date.parse(said) - (Number.isNaN(there) ? Date.now() : there);
  return Number.isNaN(wait) ? 0 : wait;
}

/** A name and a password, which `fetch` takes in no address, are a header; `secrets`: what of the address only some may know. */
function withoutCredentials(address: URL): { url: string; authorization: string | undefined; secrets: string[] } {
  const plain = new URL(address);
  plain.username = "";
  plain.password = "";
  const { pathname, search, searchParams } = plain;
  const [name, password] = [decoded(address.username), decoded(address.password)];
  const isNamed = name !== "" || password !== "";
  const basic = Buffer.from(`${name}:${password}`).toString("base64");
  return {
    url: plain.href,
    authorization: isNamed ? `Basic ${basic}` : undefined,
    secrets: [
      pathname,
      search,
      ...[...searchParams.values()].filter(({ length }) => length > longestWord),
      ...(isNamed ? [basic, password, address.password] : []),
    ],
  };
}

/** What is no longer than that may be a word that says something, as `v1` or `shop`. */
const longestWord = 4;

/** As it stands in an address, or as it is where that is nothing encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Without the address, which only some may know. */
function causeOf(error: unknown): string {
  const { code, message } = ((error as Error).cause ?? error) as { code?: unknown; message: string };
  // Also a number, where a proxy refuses.
  if (typeof code !== "string") return message === "" ? "no connection" : "the connection broke off";
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
