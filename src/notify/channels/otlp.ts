import { metricsOf, tracesOf } from "../messages/telemetry.ts";
import { askJson } from "./http.ts";
import { type Attempt, need, type Posted, shortened } from "./post.ts";

/** OTLP over HTTP, in JSON: the trace of a run at its end, then its figures. Nothing else is told. */
export async function postOtlp({ to, letter, secrets, signal }: Attempt<"otlp">): Promise<Posted> {
  const at = need(secrets, to.url).replace(/\/+$/, "");
  const given = to.headers === undefined ? "" : need(secrets, to.headers);
  const headers = headersIn(given);
  const { notice, history = [], link } = letter;
  if (notice.kind === "test") return await send("traces", { resourceSpans: [] });
  if (notice.kind !== "run.ended") return { kind: "taken" };
  const told = { delivery: notice.delivery, history, link };
  const traced = await send("traces", tracesOf(told));
  return traced.kind === "taken" ? await send("metrics", metricsOf(told)) : traced;

  async function send(signalName: "traces" | "metrics", body: object): Promise<Posted> {
    const hidden = [given, ...Object.values(headers)];
    const asked = await askJson({ url: `${at}/v1/${signalName}`, body: JSON.stringify(body), headers, hidden, signal });
    if (asked.kind !== "answered") return asked;
    const { rejectedSpans, rejectedDataPoints, errorMessage = "" } = partialSuccessOf(asked.answer);
    const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? 0);
    if (rejected === 0) return { kind: "taken" };
    return {
      kind: "refused",
      because: shortened(`${rejected} of its ${signalName} not taken: ${errorMessage}`, hidden),
    };
  }
}

interface PartialSuccess {
  rejectedSpans?: string | number;
  rejectedDataPoints?: string | number;
  errorMessage?: string;
}

const partialSuccessOf = (answer: unknown): PartialSuccess =>
  (answer as { partialSuccess?: PartialSuccess } | undefined)?.partialSuccess ?? {};

/** `name=value,name=value`, values encoded as in an address. */
function headersIn(text: string): Record<string, string> {
  const pairs = text.split(",").flatMap((pair) => {
    const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=(.*)$/.exec(pair) ?? [];
    return name === undefined ? [] : [[name.toLowerCase(), decoded(value!.trim())]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
