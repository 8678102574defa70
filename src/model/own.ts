/** Names such as `constructor` are allowed for everything in a delivery: only what a record has of its own counts. */
export function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
