import { metricsOf, tracesOf } from "../messages/telemetry.ts";
import { askJson, decoded } from "./http.ts";
import { type Attempt, need, type Posted, shortened } from "./post.ts";

/** OTLP over HTTP, in JSON: the trace of a run at its end, then its figures. Nothing else is told. */
export async function postOtlp({ to, letter, secrets, signal }: Attempt<"otlp">): Promise<Posted> {
  const url = need(secrets, to.url);
  const given = to.headers === undefined ? "" : need(secrets, to.headers);
  const read = headersIn(given);
  if (read === undefined) return { kind: "failed", because: "its headers are not name=value,name=value" };
  const headers = read;
  const hidden = [given, url, ...Object.values(headers)];
  const { notice, history = [], link } = letter;
  if (notice.kind !== "test" && notice.kind !== "run.ended") return { kind: "taken" };
  const told = { delivery: notice.delivery, history, link };
  const isTest = notice.kind === "test";
  const traced = await send("traces", isTest ? { resourceSpans: [] } : tracesOf(told));
  if (traced.kind === "failed" || traced.kind === "unable") return traced;
  const counted = await send("metrics", isTest ? { resourceMetrics: [] } : metricsOf(told));
  if (traced.kind === "absent" && counted.kind === "absent") {
    return { kind: "failed", because: `HTTP ${traced.status} for v1/traces and v1/metrics` };
  }
  // Tried again, both are: what was refused of the trace is so again.
  if (counted.kind === "failed" || counted.kind === "unable") return counted;
  return [traced, counted].find((one) => one.kind === "refused") ?? { kind: "taken" };

  async function send(what: "traces" | "metrics", body: object): Promise<Sent> {
    const address = addressOf(url, what);
    const asked = await askJson({ url: address, body: JSON.stringify(body), headers, hidden, answers: absent, signal });
    if (asked.kind !== "answered") return asked;
    const { status } = asked;
    if (absent.includes(status)) return { kind: "absent", status };
    const { rejectedSpans, rejectedDataPoints, errorMessage = "" } = partialSuccessOf(asked.answer);
    const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? 0);
    if (rejected === 0) return { kind: "taken" };
    return { kind: "refused", because: shortened(`${rejected} of its ${what} not taken: ${errorMessage}`, hidden) };
  }
}

type Sent = Posted | { kind: "absent"; status: number };

/** A collector without a pipeline for traces, or for figures, has no such address; so has what stores one of both. */
const absent: readonly number[] = [404, 405, 501];

/** As `OTEL_EXPORTER_OTLP_ENDPOINT` is read: below its path, with its query. */
function addressOf(given: string, what: string): string {
  const address = URL.parse(given.trim());
  if (address === null) return given;
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/v1/${what}`;
  return address.href;
}

interface PartialSuccess {
  rejectedSpans?: string | number;
  rejectedDataPoints?: string | number;
  errorMessage?: string;
}

const partialSuccessOf = (answer: unknown): PartialSuccess =>
  (answer as { partialSuccess?: PartialSuccess } | undefined)?.partialSuccess ?? {};

/** `name=value,name=value`, values encoded as in an address. Undefined: it is something else. */
function headersIn(text: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const pair of text.split(",").map((each) => each.trim())) {
    if (pair === "") continue;
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+)\s*=(.*)$/.exec(pair) ?? [];
    if (name === undefined) return undefined;
    headers[name.toLowerCase()] = decoded(value!.trim());
  }
  return headers;
}
