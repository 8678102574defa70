import { problemResponse } from "./problem.ts";

/** Something that others must know before anybody is told of it. */
export type Confirmed = () => Promise<void>;

/**
 * The same answer, once what it rests on is confirmed; of a stream each piece by itself. Where that fails nothing of it is said: whoever
 * asked knows that he does not know.
 */
export async function whenConfirmed(response: Response, confirmed: Confirmed): Promise<Response> {
  try {
    await confirmed();
  } catch {
    void response.body?.cancel();
    return problemResponse(
      {
        code: "no-leader",
        status: 503,
        title: "This server does not lead any more",
        next: "Another one does; ask again",
      },
      { "retry-after": "1" },
    );
  }
  const { body, status, statusText, headers } = response;
  if (body === null || !headers.get("content-type")?.startsWith("text/event-stream")) return response;
  const confirming = new TransformStream<Uint8Array, Uint8Array>({
    async transform(piece, controller) {
      await confirmed();
      controller.enqueue(piece);
    },
  });
  return new Response(body.pipeThrough(confirming), { status, statusText, headers });
}
