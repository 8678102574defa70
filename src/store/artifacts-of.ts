/** Every artifact digest that a value of the journal mentions, wherever it stands. */
export function* artifactsOf(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key === "digest" && typeof part === "string") yield part;
    else yield* artifactsOf(part);
  }
}
